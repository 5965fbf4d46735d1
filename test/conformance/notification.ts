import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Message, NotificationPort } from '../../connectors/ports/notification.ts';
import { TransientFault } from '../../connectors/ports/transient-fault.ts';
import { ALL_FEATURES, orderIds, untilAnswered, type Subject } from './subject.ts';

const PARALLEL = 20;

export interface NotificationSubject extends Subject<NotificationPort> {
  /** How many messages the other side has for an order. */
  count?: (orderId: string) => Promise<number>;
}

/** What every notification port promises: one message a key, whatever is repeated or lost. */
export function describeNotification(
  name: string,
  open: () => Promise<NotificationSubject>,
  features = ALL_FEATURES,
): void {
  describe(`notification port: ${name}`, () => {
    let subject: NotificationSubject;
    let port: NotificationPort;
    const nextOrder = orderIds('msg');

    beforeAll(async () => {
      subject = await open();
      ({ port } = subject);
    });
    afterAll(() => subject.close());
    afterEach(() => subject.faults?.clear());

    const message = (change: Partial<Message> = {}): Message => {
      const orderId = nextOrder();
      const idempotencyKey = `${orderId}:notify:email`;
      const data = { bookingReference: 'K7RTQM', total: '234.00 USD' };
      const to = 'ada@example.com';
      return {
        idempotencyKey,
        orderId,
        channel: 'email',
        to,
        template: 'order-confirmed',
        locale: 'en-GB',
        data,
        ...change,
      };
    };
    const expectCount = async (orderId: string, count: number): Promise<void> => {
      if (subject.count) expect(await subject.count(orderId)).toBe(count);
    };

    it.each<Partial<Message>>([
      { channel: 'email', to: 'ada@example.com' },
      { channel: 'sms', to: '+442071838750' },
      { channel: 'push', to: 'C-1001' },
    ])('accepts a message by %s', async (change) => {
      const sent = message(change);
      expect(await port.send(sent)).toEqual({ kind: 'accepted', messageId: expect.stringMatching(/./) });
      await expectCount(sent.orderId, 1);
    });

    it(`sends once for ${PARALLEL} calls at the same time, and for later ones`, async () => {
      const sent = message();
      const outcomes = await Promise.all(Array.from({ length: PARALLEL }, () => untilAnswered(() => port.send(sent))));
      expect(outcomes[0]!.kind).toBe('accepted');
      expect(outcomes).toEqual(Array.from({ length: PARALLEL }, () => outcomes[0]));
      expect(await port.send(structuredClone(sent))).toEqual(outcomes[0]);
      await expectCount(sent.orderId, 1);
    });

    it('does not mind the order in which data is given', async () => {
      const sent = message({ data: { a: '1', b: '2' } });
      const first = await port.send(sent);
      expect(await port.send({ ...sent, data: { b: '2', a: '1' } })).toEqual(first);
    });

    it.each<Partial<Message>>([{ to: 'eve@example.com' }, { template: 'other' }, { data: {} }, { locale: 'de-DE' }])(
      'refuses a known key with %j for good',
      async (change) => {
        const sent = message();
        await port.send(sent);
        const refused = port.send({ ...sent, ...change });
        await expect(refused).rejects.toThrow(/./);
        await expect(refused).rejects.not.toBeInstanceOf(TransientFault);
        await expectCount(sent.orderId, 1);
      },
    );

    it.each<[Partial<Message>, string]>([
      [{ channel: 'email', to: 'nobody' }, 'invalid_recipient'],
      [{ channel: 'sms', to: '0123' }, 'invalid_recipient'],
      [{ channel: 'email', to: 'ada@undeliverable.example' }, 'undeliverable'],
    ])('rejects %j with %s, and stays so', async (change, code) => {
      const sent = message(change);
      expect(await port.send(sent)).toEqual({ kind: 'rejected', code });
      expect(await port.send(sent)).toEqual({ kind: 'rejected', code });
    });

    it.each(['', 'a b', 'x'.repeat(256), 'line\nbreak'])(
      'refuses the malformed key %j for good',
      async (idempotencyKey) => {
        const outcome = await port.send(message({ idempotencyKey })).catch((error: unknown) => error);
        expect(outcome).toBeInstanceOf(Error);
        expect(outcome).not.toBeInstanceOf(TransientFault);
      },
    );

    it.skipIf(!features.faults)('gets through every passing fault with one message', async () => {
      const faults = subject.faults!;
      for (const mode of ['error', 'down', 'lost_answer', 'rate_limited'] as const) {
        const sent = message();
        await faults.set({ system: 'notification', mode, count: 1 });
        await expect(port.send(sent)).rejects.toBeInstanceOf(TransientFault);
        expect((await port.send(sent)).kind).toBe('accepted');
        await expectCount(sent.orderId, 1);
      }
    });

    it.skipIf(!features.restart)('remembers messages when the other side is killed and started over', async () => {
      const sent = message();
      const first = await port.send(sent);
      await subject.restart!();
      expect(await untilAnswered(() => port.send(sent))).toEqual(first);
      await expectCount(sent.orderId, 1);
    });
  });
}
