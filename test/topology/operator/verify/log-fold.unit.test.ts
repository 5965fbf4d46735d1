import { beforeAll, expect, test } from 'vitest';
import type { AnyOrderEvent, OrderCommand } from '../../../../schemas/types.ts';
import { LogFold } from '../../../../topology/operator/verify/log-fold.ts';
import { COMMANDS_TOPIC, topicOf } from '../../../../topology/topics.ts';
import { world } from '../../../flow/world.ts';

let command: OrderCommand;
let events: AnyOrderEvent[];

beforeAll(async () => {
  const it = world();
  command = await it.command();
  it.flow.pipe(command);
  await it.flow.run();
  events = await it.flow.events(command.orderId);
});

const decodedOf = (event: AnyOrderEvent) => ({ name: event.type, schemaId: 1, record: event }) as Parameters<LogFold['add']>[3];
const commandRecord = (record: OrderCommand) => ({ name: 'OrderCommand', schemaId: 1, record }) as const;

test('whatever the order in which topics are read, the newest event is the state', () => {
  const folds = [events, [...events].reverse()].map((sequence) => {
    const fold = new LogFold();
    for (const event of sequence) fold.add(topicOf(event.type), 2, 7n, decodedOf(event));
    return fold.orders.get(command.orderId);
  });
  for (const order of folds) {
    expect(order?.last).toMatchObject({ type: 'OrderFulfilled', version: 9, status: 'Fulfilled', order: { currency: 'USD', hold: { state: 'sold' } } });
    expect(order?.events).toHaveLength(9);
  }
  expect(folds[0]?.events[0]).toEqual({ type: 'OrderReceived', version: 1, status: 'Received', eventId: events[0]?.eventId, position: 'orders.received.v1/2@7' });
});

test('nothing personal is kept', () => {
  const fold = new LogFold();
  for (const event of events) fold.add(topicOf(event.type), 0, 0n, decodedOf(event));
  const kept = JSON.stringify([...fold.orders.values()]);
  const { customer, passengers } = events[0]?.order as AnyOrderEvent['order'];
  for (const personal of [customer.contact, customer.customerId, passengers[0]?.identity ?? '']) expect(kept).not.toContain(personal);
});

test('records on a topic of another type count for nothing', () => {
  const fold = new LogFold();
  fold.add(topicOf('OrderValidated'), 0, 0n, decodedOf(events[0] as AnyOrderEvent));
  fold.add(topicOf('OrderReceived'), 0, 1n, commandRecord(command));
  expect([fold.orders.size, fold.placed.size]).toEqual([0, 0]);
});

test('only place commands make one expect an order', () => {
  const fold = new LogFold();
  fold.add(COMMANDS_TOPIC, 0, 0n, commandRecord({ ...command, orderId: 'cancelled', kind: 'cancel', place: null, cancel: { reason: 'customer_request' } }));
  fold.add(COMMANDS_TOPIC, 0, 1n, commandRecord(command));
  fold.add(COMMANDS_TOPIC, 0, 2n, commandRecord(command));
  expect([...fold.placed]).toEqual([command.orderId]);
});

test('a dead letter is of the order in its value, or of its key where nobody can read it', () => {
  const fold = new LogFold();
  fold.addDeadLetter('receive', 'a-key', commandRecord(command));
  fold.addDeadLetter('receive', 'noise', null);
  expect(fold.deadLetters).toEqual(new Map([['receive', [command.orderId, 'noise']]]));
});
