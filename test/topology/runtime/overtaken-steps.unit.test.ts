import { expect, test } from 'vitest';
import type { AnyOrderEvent } from '../../../schemas/types.ts';
import { cancelKey, orderKey, overtakenKey, parseChangelogKey } from '../../../topology/runtime/changelog-keys.ts';
import { OvertakenSteps } from '../../../topology/runtime/overtaken-steps.ts';
import { packEvents } from '../../../topology/runtime/packed-events.ts';
import { JOURNAL_TTL_MS, journalKey } from '../../../topology/runtime/state-keys.ts';
import { event, NOW, order } from '../../processors/given.ts';

const at = (version: number, occurredAt = NOW): AnyOrderEvent => ({ ...event('OrderReceived', order(), 'Received'), version, occurredAt }) as AnyOrderEvent;
const STEP = 'receive:cmd-1@orders.commands.v1/3@17';
const bytes = (version: number): Buffer => Buffer.from(`v${version}`);

test('keys tell what a record of the changelog is about', () => {
  const one = at(2);
  expect(parseChangelogKey(orderKey(one))).toEqual({ kind: 'order', orderId: one.orderId });
  expect(parseChangelogKey(cancelKey('O-1', 'cancel'))).toEqual({ kind: 'cancel', orderId: 'O-1' });
  expect(parseChangelogKey(overtakenKey(one, STEP))).toEqual({ kind: 'overtaken', orderId: one.orderId, step: STEP });
  expect(overtakenKey(at(2), STEP)).not.toBe(overtakenKey(at(3), STEP));
});

test('a step comes back with its events in order, whatever came first', () => {
  const steps = new OvertakenSteps();
  for (const version of [3, 1, 2]) steps.add(STEP, at(version), bytes(version));
  steps.add('hold:x', at(4), bytes(4));
  const key = journalKey(at(1).orderId);
  expect(steps.commands(NOW)).toEqual([
    ['HSET', key, STEP, packEvents([bytes(1), bytes(2), bytes(3)])],
    ['PEXPIRE', key, JOURNAL_TTL_MS],
    ['HSET', key, 'hold:x', packEvents([bytes(4)])],
    ['PEXPIRE', key, JOURNAL_TTL_MS],
  ]);
});

test('a step that the journal would have forgotten does not come back', () => {
  const steps = new OvertakenSteps();
  steps.add(STEP, at(1, NOW - JOURNAL_TTL_MS), bytes(1));
  expect(steps.commands(NOW)).toEqual([]);
});
