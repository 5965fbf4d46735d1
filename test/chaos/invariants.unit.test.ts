import { expect, test } from 'vitest';
import { accounts, letterFaults } from './invariants.ts';
import { type Placed, unclear } from './load.ts';
import { cohort } from './recovery.ts';
import { signsIn, together } from './signs.ts';

const placed = (orderId: string, over: Partial<Placed> = {}): [string, Placed] => [orderId, { orderId, sentAt: 1_000, acknowledgedAt: 1_100, endsByItself: true, ...over }];

test('what was acknowledged exists and has ended, and nothing else exists', () => {
  const orders = new Map([placed('ended'), placed('lost'), placed('stuck'), placed('unacknowledged', { acknowledgedAt: null })]);
  const statuses = new Map([['ended', 'Fulfilled'], ['stuck', 'InventoryHold'], ['stranger', 'Cancelled']]);
  expect([...accounts(orders, statuses)]).toEqual([
    'lost: order lost was acknowledged at 1970-01-01T00:00:01.100Z and does not exist',
    'not ended: order stuck stands at InventoryHold',
    'invented: nobody placed order stranger',
  ]);
});

test('an order that waits for its payer has not ended: its hold lapses', () => {
  const statuses = new Map([['waiting', 'PaymentPending']]);
  expect([...accounts(new Map([placed('waiting')]), statuses)]).toEqual(['not ended: order waiting stands at PaymentPending']);
});

test('dead letters are the poison, each once', () => {
  const buried = [{ node: 'dlq.receive.v1', from: 't/0@1' }, { node: 'dlq.receive.v1', from: 't/0@1' }, { node: 'dlq.hold.v1', from: 't/0@9' }];
  expect([...letterFaults({ due: [], poisoned: ['t/0@1', 't/0@2'], buried })]).toEqual([
    't/0@1 has more than one dead letter, one in dlq.receive.v1',
    'dlq.hold.v1 holds a dead letter of t/0@9, which is no poison',
    'the poison at t/0@2 has no dead letter',
  ]);
  expect([...letterFaults({ due: [], poisoned: ['t/0@1'], buried: buried.slice(0, 1) })]).toEqual([]);
});

test('poison of a fault is buried by each of its readers, once', () => {
  const due = ['dlq.hold.v1', 'dlq.postgres-sink.v1'].map((node) => ({ node, from: 't/0@1' }));
  expect([...letterFaults({ due, poisoned: [], buried: due })]).toEqual([]);
  expect([...letterFaults({ due, poisoned: [], buried: [due[0]!, due[0]!] })]).toEqual([
    'dlq.hold.v1 holds a dead letter of t/0@1, which is no poison',
    'the dead letter dlq.postgres-sink.v1 < t/0@1 is missing',
  ]);
});

test('a refusal says why, and when to come again', () => {
  const problem = { 'content-type': 'application/problem+json' };
  expect(unclear({ statusCode: 202, headers: {} })).toEqual([]);
  expect(unclear({ statusCode: 503, headers: { ...problem, 'retry-after': '1' } })).toEqual([]);
  expect(unclear({ statusCode: 409, headers: problem })).toEqual([]);
  expect(unclear({ statusCode: 503, headers: problem })).toEqual(['without Retry-After']);
  expect(unclear({ statusCode: 404, headers: { 'content-type': 'text/html' } })).toEqual(['without a problem document']);
  expect(unclear({ statusCode: 500, headers: problem })).toEqual(['for no fault of the caller']);
});

test('orders sent within a second after an injection show its end, those that wait for their payer do not', () => {
  const orders = [placed('early', { sentAt: 999 }), placed('first', { sentAt: 1_000 }), placed('last', { sentAt: 1_999 }), placed('late', { sentAt: 2_000 }), placed('waits', { endsByItself: false })];
  expect(cohort(orders.map(([, order]) => order), 1_000)).toEqual(['first', 'last']);
});

test('signs are counted in lines of the log', () => {
  const log = [
    '{"level":"warn","code":"INVALID_PRODUCER_EPOCH","msg":"another member took the partition"}',
    '{"level":"info","node":"hold","replayed":3,"msg":"steps answered from the journal"}',
    '{"level":"info","node":"hold","replayed":2,"msg":"steps answered from the journal"}',
    'no line of ours',
  ].join('\n');
  const signs = signsIn(log);
  expect(signs).toEqual({ fenced: 1, replayed: 5, killed: 0, thrownAway: 0, rebuilt: 0, skewed: 0 });
  expect(together(signs, signs)).toMatchObject({ fenced: 2, replayed: 10 });
});
