import { beforeAll, expect, test } from 'vitest';
import { memoryCodec } from '../../../../schemas/codec.ts';
import { type DeadLetter, letterOf } from '../../../../topology/operator/dead-letters/letter.ts';
import { prospectOf } from '../../../../topology/operator/dead-letters/prospect.ts';
import { deadLetter, type RawRecord } from '../../../../topology/runtime/dead-letter.ts';
import { COMMANDS_TOPIC, topicOf } from '../../../../topology/topics.ts';
import { START, world, type World } from '../../../flow/world.ts';

const codec = memoryCodec();
let it: World;
let orderId: string;

beforeAll(async () => {
  it = world();
  orderId = await it.place();
  await it.flow.run();
});

/** A record of the world's as a dead letter of the node. */
function letterFrom(node: string, topic: string, change: Partial<RawRecord> = {}): DeadLetter {
  const found = { ...(it.flow.records(topic)[0] as RawRecord), ...change };
  return letterOf(node, { ...found, ...deadLetter(node, found, new Error('x'), 1, START), key: found.key }, new Map());
}
const prospect = (letter: DeadLetter, now = START) => prospectOf(letter, { codec, state: it.flow.state, now });

test('an event the order has moved past would change nothing', async () => {
  expect(await prospect(letterFrom('validate', topicOf('OrderReceived')))).toMatchObject({
    topic: 'internal.retry.validate.v1', effect: 'no-op', why: 'the order is at version 9 (Fulfilled), past this event\'s 1',
  });
});

test('an event at which the order stands would run', async () => {
  const fresh = world();
  expect(await prospectOf(letterFrom('validate', topicOf('OrderReceived')), { codec, state: fresh.flow.state, now: START })).toMatchObject({ effect: 'runs', why: 'there is no such order yet' });
});

test('a place command starts an order once, and not when it is old', async () => {
  const command = await it.command({ orderId: 'another' });
  const of = (issuedAt: number) => letterFrom('receive', COMMANDS_TOPIC, { key: Buffer.from('another'), value: codec.encode('OrderCommand', { ...command, issuedAt }) });
  expect(await prospect(letterFrom('receive', COMMANDS_TOPIC))).toMatchObject({ topic: COMMANDS_TOPIC, effect: 'no-op', why: 'the order is at version 9 (Fulfilled)' });
  expect(await prospect(of(START))).toMatchObject({ effect: 'runs' });
  expect(await prospect(of(START - 8 * 86_400_000))).toMatchObject({ effect: 'fails', why: 'the command is too old to start an order' });
  expect(orderId).not.toBe('another');
});

test('what cannot be decoded, or is not for the node, would fail again; a sink’s letter has no way back', async () => {
  expect(await prospect(letterFrom('validate', topicOf('OrderReceived'), { value: Buffer.from('noise') }))).toMatchObject({ effect: 'fails', decoded: null });
  expect(await prospect(letterFrom('hold', topicOf('OrderReceived')))).toMatchObject({ effect: 'fails', why: 'hold takes OrderScored, not OrderReceived' });
  expect(await prospect(letterFrom('postgres-sink', topicOf('OrderReceived')))).toMatchObject({ topic: null, effect: 'barred' });
});
