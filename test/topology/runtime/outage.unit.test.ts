import { expect, test } from 'vitest';
import { createLog } from '../../../topology/runtime/log.ts';
import { Outage } from '../../../topology/runtime/outage.ts';

function watched() {
  const lines: { level: string; msg: string; code?: string }[] = [];
  return { lines, outage: new Outage(createLog('test', 'info', { write: (line) => void lines.push(JSON.parse(line)) })) };
}

test('one line when it begins, one when it is over, however often it is tried', () => {
  const { lines, outage } = watched();
  outage.passed();
  for (let tries = 0; tries < 20; tries += 1) outage.failed(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
  outage.passed();
  outage.passed();
  expect(lines.map(({ level, msg, code }) => [level, msg, code])).toEqual([
    ['warn', 'waiting; nothing is lost, it goes on by itself', 'ECONNREFUSED'], ['info', 'going on', undefined],
  ]);
});

test('pauses grow to 5 s and start anew after each outage', () => {
  const { outage } = watched();
  const pauses = Array.from({ length: 9 }, () => {
    const { pauseMs } = outage;
    outage.failed(new Error());
    return pauseMs;
  });
  expect(pauses).toEqual([0, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  outage.passed();
  expect(outage.pauseMs).toBe(0);
});
