import { describe, expect, it } from 'vitest';
import { memoryCodec } from '../../../schemas/codec.ts';
import type { AnyOrderEvent, EventType, Order } from '../../../schemas/types.ts';
import { ChangelogFold } from '../../../topology/runtime/changelog-fold.ts';
import { command, event, held, NOW, order, priced } from '../../processors/given.ts';

const codec = memoryCodec();

function at(version: number, type: EventType, after: Order, status: string): AnyOrderEvent {
  return { ...event(type, after, status), version } as AnyOrderEvent;
}

const encode = (one: AnyOrderEvent): Buffer => codec.encode(one.type, one as never);
const cancel = (orderId = 'O-1') =>
  codec.encode('OrderCommand', command({ orderId, kind: 'cancel', cancel: { reason: 'changed plans' } }));
const expiry = codec.encode('TimerFired', {
  timerId: 'timer-1',
  orderId: 'O-1',
  kind: 'hold_expiry',
  dueAt: NOW + 900_000,
});

async function foldOf(...records: [key: string, value: Buffer | null][]): Promise<ChangelogFold> {
  const fold = new ChangelogFold(codec);
  for (const [key, value] of records) await fold.add(key, value);
  return fold;
}

describe('changelog fold', () => {
  it('keeps the highest version over all keys of an order, with its bytes, whatever comes first', async () => {
    const [old, newest] = [
      at(4, 'InventoryHeld', held(), 'InventoryHold'),
      at(6, 'OrderCancelled', held({ interrupts: 1 }), 'Cancelled'),
    ];
    for (const records of [
      [old, newest],
      [newest, old],
    ]) {
      const fold = await foldOf(
        ...records.map((one): [string, Buffer] => [`O-1#${one.order.interrupts}`, encode(one)]),
      );
      expect([...fold.orders.keys()]).toEqual(['O-1']);
      expect(fold.orders.get('O-1')?.event).toMatchObject({ type: 'OrderCancelled', version: 6 });
      const bytes = fold.orders.get('O-1')?.bytes;
      expect(bytes).toEqual(encode(newest));
      expect(bytes?.buffer.byteLength).toBe(bytes?.length);
      expect(fold.records).toBe(2);
    }
  });

  it('passes over deleted records', async () => {
    const fold = await foldOf(['O-1#0', null], ['O-1#cancel:cancel', null]);
    expect(fold.orders.size).toBe(0);
    expect((await fold.marks()).size).toBe(0);
  });

  it('finds the mark on an order that is still to come', async () => {
    const marks = await (await foldOf(['O-2#cancel:cancel', cancel('O-2')])).marks();
    expect([...marks]).toEqual([
      ['O-2', { mark: { causationId: 'cmd-1', reason: 'customer_request', detail: 'changed plans' }, at: NOW }],
    ]);
  });

  it('finds the mark on an order in flight', async () => {
    const inFlight = encode(at(2, 'OrderValidated', priced(), 'Validated'));
    const marks = await (await foldOf(['O-1#cancel:cancel', cancel()], ['O-1#0', inFlight])).marks();
    expect(marks.get('O-1')?.mark.reason).toBe('customer_request');
  });

  it('finds the mark of a timer', async () => {
    const paying = encode(at(4, 'InventoryHeld', held(), 'InventoryHold'));
    const marks = await (await foldOf(['O-1#0', paying], ['O-1#cancel:expire-holds', expiry])).marks();
    expect(marks.get('O-1')).toMatchObject({
      mark: { causationId: 'timer-1', reason: 'hold_expired' },
      at: NOW + 900_000,
    });
  });

  it('keeps to a cancel where a timer that came later asks for nothing any more', async () => {
    const heldAnew = encode(at(4, 'InventoryHeld', held({ hold: { ...held().hold!, expiresAt: NOW + 1_800_000 } }), 'InventoryHold'));
    const marks = await (await foldOf(['O-1#cancel:cancel', cancel()], ['O-1#cancel:expire-holds', expiry], ['O-1#0', heldAnew])).marks();
    expect(marks.get('O-1')?.mark.reason).toBe('customer_request');
  });

  it('takes the first of several marks', async () => {
    const paying = encode(at(4, 'InventoryHeld', held(), 'InventoryHold'));
    const marks = await (await foldOf(['O-1#cancel:expire-holds', expiry], ['O-1#cancel:cancel', cancel()], ['O-1#0', paying])).marks();
    expect(marks.get('O-1')).toMatchObject({ mark: { reason: 'customer_request' }, at: NOW });
  });

  it('takes a mark as answered once the order is closing or has ended', async () => {
    const closure = { reason: 'customer_request', detail: '' };
    const closing = encode(at(3, 'CancelRequested', priced({ closure }), 'Validated'));
    const failed = encode(at(5, 'PaymentFailed', held(), 'PaymentFailed'));
    const fulfilled = encode(at(9, 'OrderFulfilled', held(), 'Fulfilled'));
    const invalid = encode(at(2, 'OrderInvalid', order(), 'Invalid'));
    for (const event of [closing, failed, fulfilled, invalid]) {
      expect((await (await foldOf(['O-1#0', event], ['O-1#cancel:cancel', cancel()])).marks()).size).toBe(0);
    }
  });

  it('stops at a record it cannot read', async () => {
    await expect(foldOf(['O-1#0', Buffer.from('junk')])).rejects.toThrow();
    await expect(foldOf(['O-1#cancel:cancel', encode(at(1, 'OrderReceived', order(), 'Received'))])).rejects.toThrow(
      /OrderReceived/,
    );
  });
});
