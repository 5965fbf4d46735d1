import { afterEach, expect, test, vi } from 'vitest';
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

test('what is away for long is told of once a minute, with what it fails with by then', () => {
  vi.useFakeTimers();
  const { lines, outage } = watched();
  outage.failed(new Error('refused'));
  for (let seconds = 1; seconds <= 125; seconds += 1) {
    vi.advanceTimersByTime(1_000);
    outage.failed(new Error('locked'));
  }
  expect(lines).toMatchObject([{ seconds: 0, reason: 'refused' }, { seconds: 60, reason: 'locked' }, { seconds: 120, reason: 'locked' }]);
});

afterEach(() => void vi.useRealTimers());

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
