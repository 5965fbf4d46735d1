import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { orderCommand, shellQuote, textTable } from '../../topology/local/welcome.ts';

const wordsOf = (command: string) =>
  execFileSync('/bin/sh', ['-c', `curl() { printf '%s\\0' "$@"; }\n${command}`], { encoding: 'utf8' }).split('\0');

test('the printed command is read by a shell as it was meant', () => {
  const words = wordsOf(orderCommand('http://127.0.0.1:8080', 'dev_key', new Date('2026-12-20T23:30:00Z')));
  expect(words).toContain('http://127.0.0.1:8080/api/v1/orders');
  expect(words).toContain('Authorization: Bearer dev_key');
  expect(words).toContain('Prefer: wait=10');
  const body = JSON.parse(words[words.indexOf('-d') + 1] as string);
  expect(body.items.map((it: { departureDate: string }) => it.departureDate)).toEqual(['2027-01-19', '2027-01-19']);
  expect(body).toMatchObject({ channel: 'web', currency: 'USD', payment: { method: 'card', token: 'tok_visa' } });
});

test.each(["it's", '$HOME `id` "x" \\', 'a\nb', ''])('%j survives the shell', (text) => {
  expect(wordsOf(`curl ${shellQuote(text)}`)[0]).toBe(text);
});

test('a table has its columns in line', () => {
  const table = textTable([
    { service: 'Kafka', found: 'npm', address: 'a' },
    { service: 'Schema registry', found: 'Docker', address: 'b' },
  ]);
  expect(table.split('\n')).toEqual([
    'service           how found   address',
    'Kafka             npm         a',
    'Schema registry   Docker      b',
  ]);
});
