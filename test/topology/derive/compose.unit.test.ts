import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { workloadsOf } from '../../../topology/derive/workloads.ts';
import { orderFlow } from '../../../topology/order-flow.ts';

interface Compose {
  services: Record<string, { command?: string[] }>;
}

const { services } = parse(readFileSync(join(import.meta.dirname, '../../../compose.yaml'), 'utf8'), { merge: true }) as Compose;

test('compose.yaml runs the ingress as the cluster does', () => {
  const ingress = workloadsOf(orderFlow).find(({ name }) => name === 'ingress');
  expect(services['ingress']?.command).toEqual(ingress?.args);
});
