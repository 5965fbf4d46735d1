import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LogFile } from '../../topology/local/log-file.ts';
import { consoleLine } from '../../topology/local/log-line.ts';

test('a log starts over when it is full and keeps the one before', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'iaros-log-'));
  const file = join(folder, 'pipeline.log');
  const log = new LogFile(file, 10);
  for (const line of ['1234567\n', 'abc\n', 'def\n', 'ghi\n']) log.write(Buffer.from(line));
  log.close();
  expect(await readFile(file, 'utf8')).toBe('ghi\n');
  expect(await readFile(`${file}.1`, 'utf8')).toBe('abc\ndef\n');
  const again = new LogFile(file, 10);
  again.write(Buffer.from('jkl\n'));
  again.close();
  expect(await readFile(file, 'utf8')).toBe('ghi\njkl\n');
  await rm(folder, { recursive: true });
});

test.each([
  ['{"level":"info","msg":"ready"}', undefined],
  ['{"level":30,"msg":"listening"}', undefined],
  ['{"level":"warn","msg":"slow","err":{"message":"timeout"}}', 'sinks: warn slow (timeout)'],
  ['{"level":50,"msg":"lost","reason":"fenced"}', 'sinks: error lost (fenced)'],
  ['{"placed":5,"refused":0}', undefined],
  ['TypeError: x is not a function', 'sinks: TypeError: x is not a function'],
  ['    at file.ts:1:1', undefined],
  ['', undefined],
])('%s is shown as %s', (line, shown) => {
  expect(consoleLine('sinks', line)).toBe(shown);
});

test('a long line is cut', () => {
  expect(consoleLine('sinks', JSON.stringify({ level: 'error', msg: 'x'.repeat(1_000) }))).toHaveLength(300);
});
