import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { Undecodable } from '../../../schemas/codec.ts';
import type { FlowNode } from '../../../topology/define.ts';
import { orderFlow } from '../../../topology/order-flow.ts';
import { NO_CHAIN, SlowNodes } from '../../../topology/runtime/chain.ts';
import type { RawRecord } from '../../../topology/runtime/dead-letter.ts';
import { Unprocessable } from '../../../topology/runtime/errors.ts';
import { pipelineMetrics } from '../../../topology/runtime/metrics.ts';
import { putOff } from '../../../topology/runtime/retry.ts';
import { type WorkDeps, workOn } from '../../../topology/runtime/record-work.ts';
import { COMMANDS_TOPIC, deadLetterTopicOf, topicOf } from '../../../topology/topics.ts';

const node = (name: string): FlowNode => orderFlow.nodes.find((each) => each.name === name) as FlowNode;

/** Whose codec answers every record with the error. */
function failingWith(error: Error): WorkDeps {
  const codec = { decode: () => Promise.reject(error) };
  return {
    services: { codec, now: () => 1_000, settings: { stepRetries: 0 } } as unknown as WorkDeps['services'],
    chain: NO_CHAIN, slow: new SlowNodes(), metrics: pipelineMetrics(new Registry()), recoverFrom: async () => false,
  };
}

const command: RawRecord = { topic: COMMANDS_TOPIC, partition: 1, offset: '106', timestamp: '0', key: Buffer.from('o'), value: Buffer.from('?'), headers: {} };

/** The record as the node finds it in its retry topic. */
function afterPuttingOff(name: string, record: RawRecord): RawRecord {
  const { topic, headers } = putOff(name, record, new Error('the registry does not answer'), 0);
  return { ...record, topic, offset: '0', headers: headers as RawRecord['headers'] };
}

async function lettersOf(name: string, record: RawRecord, error: Error): Promise<string[]> {
  const { outgoing } = await workOn(node(name), record, failingWith(error));
  return outgoing.map(({ topic }) => topic);
}

const unreadable = new Undecodable('unknown_schema', 'schema 7 is not registered', { schemaId: 7 });

test('a command that nobody can read has one dead letter, that of the opener', async () => {
  expect(await lettersOf('receive', command, unreadable)).toEqual([deadLetterTopicOf('receive')]);
  for (const name of ['cancel', 'authenticate']) expect(await lettersOf(name, command, unreadable)).toEqual([]);
});

test('also where a node had put it off before it turned out to be unreadable', async () => {
  expect(await lettersOf('authenticate', afterPuttingOff('authenticate', command), unreadable)).toEqual([]);
});

test('what a node cannot do about a command it takes is its own dead letter', async () => {
  const error = new Unprocessable('order_too_busy', 'the order moved too often');
  expect(await lettersOf('authenticate', command, error)).toEqual([deadLetterTopicOf('authenticate')]);
});

test('an event that cannot be read is buried by the node that takes it', async () => {
  const event = { ...command, topic: topicOf('InventoryHeld') };
  expect(await lettersOf('charge', event, unreadable)).toEqual([deadLetterTopicOf('charge')]);
  expect(await lettersOf('charge', afterPuttingOff('charge', event), unreadable)).toEqual([deadLetterTopicOf('charge')]);
});
