import { expect, test } from 'vitest';
import { isPassing, isRefusal } from '../../../connectors/postgres/faults.ts';

const answer = (code: string) => Object.assign(new Error('answer'), { code, severity: 'ERROR' });

test.each([
  ['22021', 'refused'], ['22008', 'refused'], ['23505', 'refused'], ['54000', 'refused'],
  ['08006', 'passing'], ['40P01', 'passing'], ['53300', 'passing'], ['57P01', 'passing'], ['57014', 'passing'], ['XX000', 'passing'],
  ['42P01', 'neither'], ['42601', 'neither'], ['28P01', 'neither'],
])('the server answers %s: %s', (code, kind) => {
  const error = answer(code);
  expect(isRefusal(error) ? 'refused' : isPassing(error) ? 'passing' : 'neither').toBe(kind);
});

test('a broken connection passes, a mistake in the program does not', () => {
  const broken = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  expect([isPassing(broken), isPassing(new Error('Connection terminated unexpectedly')), isPassing(new TypeError('x is undefined'))]).toEqual([true, true, false]);
  expect([isRefusal(broken), isRefusal(new TypeError()), isRefusal(undefined)]).toEqual([false, false, false]);
});
