import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { OPENAPI_FILE, openapiText } from '../../ingress/generate.ts';
import { ENDPOINTS } from '../../ingress/routes/index.ts';

test('docs/openapi.json is what the endpoints say: else run `npm run generate`', () => {
  expect(readFileSync(OPENAPI_FILE, 'utf8')).toBe(openapiText());
});

test('it documents every endpoint', () => {
  const { paths } = JSON.parse(openapiText()) as { paths: Record<string, Record<string, { operationId: string }>> };
  const documented = Object.values(paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  );
  expect(documented.sort()).toEqual(ENDPOINTS.map(({ operationId }) => operationId).sort());
});
