import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { stemOf } from '../../schemas/evolve.ts';
import { generateTypes } from '../../schemas/generate.ts';
import { loadSchemas, standaloneSchemas } from '../../schemas/load.ts';
import { compile, type Schema } from '../../schemas/avro.ts';
import { EVENT_TYPES } from '../../schemas/types.ts';

it('types.ts is what the schemas generate', () => {
  expect(readFileSync(new URL('../../schemas/types.ts', import.meta.url), 'utf8')).toBe(generateTypes());
});

it('every schema file is named for its record', () => {
  const files = readdirSync(new URL('../../schemas/orders/', import.meta.url)).sort();
  expect(files).toEqual(
    loadSchemas()
      .map(({ name }) => `${stemOf(name)}.avsc`)
      .sort(),
  );
});

it('events, the command and the timer are complete in themselves', () => {
  const names = standaloneSchemas().map((schema) => compile(schema as Schema).name);
  expect(names.sort()).toEqual(
    [...EVENT_TYPES, 'AuditEntry', 'OrderCommand', 'TimerFired'].map((name) => `iaros.orders.${name}`).sort(),
  );
});

it('all events have the same fields', () => {
  const shapes = standaloneSchemas()
    .filter(({ name }) => EVENT_TYPES.some((type) => type === name))
    .map(({ fields }) => JSON.stringify(fields.map(({ name, type }) => [name, type])));
  expect(new Set(shapes).size).toBe(1);
});
