import { expect, test } from 'vitest';
import { statementsOf } from '../../../connectors/clickhouse/migrate.ts';

test('statements end with a semicolon at the end of a line; comments go', () => {
  expect(statementsOf(`-- why; because\nSELECT ';'\nFROM a;\n\n-- next\nSELECT 2;\n`)).toEqual([`SELECT ';'\nFROM a`, 'SELECT 2']);
});
