import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AuthorizeRequest, PaymentPort } from '../../connectors/ports/payment.ts';
import { TransientFault } from '../../connectors/ports/transient-fault.ts';
import { ALL_FEATURES, orderIds, untilAnswered, type Subject } from './subject.ts';

export interface PaymentSubject extends Subject<PaymentPort> {
  /** All changes of one payment, in order: what moved and how much, minor units. */
  ledger?: (key: string) => Promise<{ kind: string; amount: number; currency: string }[]>;
}

/** Tokens with a known behaviour. A token left out leaves out the tests of it. */
export interface PaymentTokens {
  approved: string;
  declined: Readonly<Record<string, string>>;
  challenged?: string;
  /** Charges, then loses the answer of the first call. */
  losesAnswer?: string;
  /** Fails at least once without charging, then approves. */
  failsFirst?: string;
}

export const SANDBOX_TOKENS: PaymentTokens = {
  approved: 'tok_visa_4f2a',
  declined: {
    tok_declined: 'card_declined',
    tok_insufficient_funds_77: 'insufficient_funds',
    tok_expired_card: 'expired_card',
    not_a_token: 'invalid_token',
  },
  challenged: 'tok_3ds',
  losesAnswer: 'tok_timeout',
  failsFirst: 'tok_flaky',
};

const PARALLEL = 20;
const AMOUNT = { amount: 23_400, currency: 'USD' };

/** What every payment port promises: one charge a key whatever is repeated, lost or late, and a reversal that is always safe. */
export function describePayment(
  name: string,
  open: () => Promise<PaymentSubject>,
  tokens = SANDBOX_TOKENS,
  features = ALL_FEATURES,
): void {
  describe(`payment port: ${name}`, () => {
    let subject: PaymentSubject;
    let port: PaymentPort;
    const nextOrder = orderIds('pay');

    beforeAll(async () => {
      subject = await open();
      ({ port } = subject);
    });
    afterAll(() => subject.close());
    afterEach(() => subject.faults?.clear());

    const request = (token = tokens.approved, change: Partial<AuthorizeRequest> = {}): AuthorizeRequest => {
      const orderId = nextOrder();
      return { idempotencyKey: `${orderId}:charge`, orderId, amount: AMOUNT, method: 'card', token, ...change };
    };
    const authorized = async (token?: string): Promise<string> => {
      const asked = request(token);
      await untilAnswered(() => port.authorize(asked));
      return asked.idempotencyKey;
    };
    const captured = async (): Promise<string> => {
      const key = await authorized();
      await port.capture(key, AMOUNT);
      return key;
    };
    const expectLedger = async (key: string, changes: [kind: string, amount: number][]): Promise<void> => {
      if (!subject.ledger) return;
      const expected = changes.map(([kind, amount]) => ({ kind, amount, currency: AMOUNT.currency }));
      expect(await subject.ledger(key)).toEqual(expected);
    };

    describe('authorize', () => {
      it('approves and names the authorisation', async () => {
        const asked = request();
        const outcome = await port.authorize(asked);
        expect(outcome).toEqual({
          kind: 'approved',
          authorizationId: expect.stringMatching(/./),
          processor: expect.stringMatching(/./),
        });
        await expectLedger(asked.idempotencyKey, [['authorisation', AMOUNT.amount]]);
      });

      it('answers repeats as the first call and charges once', async () => {
        const asked = request();
        const first = await port.authorize(asked);
        expect(await port.authorize(asked)).toEqual(first);
        expect(await port.authorize(structuredClone(asked))).toEqual(first);
        await expectLedger(asked.idempotencyKey, [['authorisation', AMOUNT.amount]]);
      });

      it(`charges once for ${PARALLEL} calls at the same time`, async () => {
        const asked = request();
        const calls = Array.from({ length: PARALLEL }, () => untilAnswered(() => port.authorize(asked)));
        const outcomes = await Promise.all(calls);
        expect(outcomes[0]!.kind).toBe('approved');
        expect(outcomes).toEqual(Array.from({ length: PARALLEL }, () => outcomes[0]));
        await expectLedger(asked.idempotencyKey, [['authorisation', AMOUNT.amount]]);
      });

      it.each<[string, Partial<AuthorizeRequest>]>([
        ['another amount', { amount: { amount: AMOUNT.amount + 1, currency: 'USD' } }],
        ['another currency', { amount: { amount: AMOUNT.amount, currency: 'EUR' } }],
        ['another token', { token: `${tokens.approved}x` }],
        ['another order', { orderId: 'other-order' }],
        ['another method', { method: 'wallet' }],
      ])('refuses a known key with %s for good', async (_, change) => {
        const asked = request();
        const first = await port.authorize(asked);
        const refused = port.authorize({ ...asked, ...change });
        await expect(refused).rejects.toThrow(/./);
        await expect(refused).rejects.not.toBeInstanceOf(TransientFault);
        expect(await port.authorize(asked)).toEqual(first);
        await expectLedger(asked.idempotencyKey, [['authorisation', AMOUNT.amount]]);
      });

      it.each(Object.entries(tokens.declined))('declines %s with %s, and stays so', async (token, declineCode) => {
        const asked = request(token);
        const outcome = await port.authorize(asked);
        expect(outcome).toEqual({ kind: 'declined', processor: expect.stringMatching(/./), declineCode });
        expect(await port.authorize(asked)).toEqual(outcome);
        await expectLedger(asked.idempotencyKey, [['decline', AMOUNT.amount]]);
      });

      it.each([
        '',
        ' ',
        'a b:charge',
        'x'.repeat(256),
        'ä:charge',
        'a/../b',
        'line\nbreak',
        '"; DROP TABLE payment; --',
      ])('refuses the malformed key %j for good', async (key) => {
        const calls = [
          () => port.authorize(request(undefined, { idempotencyKey: key })),
          () => port.authenticate(key, 'authenticated'),
          () => port.capture(key, AMOUNT),
          () => port.reverse(key),
        ];
        for (const call of calls) {
          const outcome = await call().catch((error: unknown) => error);
          expect(outcome).toBeInstanceOf(Error);
          expect(outcome).not.toBeInstanceOf(TransientFault);
        }
      });

      it.each([0, -1, 1.5, Number.MAX_SAFE_INTEGER + 1, Number.NaN])(
        'refuses the amount %d for good',
        async (amount) => {
          const refused = port.authorize(request(undefined, { amount: { amount, currency: 'USD' } }));
          await expect(refused).rejects.toThrow(/./);
          await expect(refused).rejects.not.toBeInstanceOf(TransientFault);
        },
      );

      it.skipIf(!tokens.losesAnswer)('finds a lost answer by its key: one charge', async () => {
        const asked = request(tokens.losesAnswer);
        await expect(port.authorize(asked)).rejects.toBeInstanceOf(TransientFault);
        await expectLedger(asked.idempotencyKey, [['authorisation', AMOUNT.amount]]);
        const found = await port.authorize(asked);
        expect(found.kind).toBe('approved');
        expect(await port.authorize(asked)).toEqual(found);
        await expectLedger(asked.idempotencyKey, [['authorisation', AMOUNT.amount]]);
      });

      it.skipIf(!tokens.failsFirst)('gets through a processor that fails first, with one charge', async () => {
        const asked = request(tokens.failsFirst);
        await expect(port.authorize(asked)).rejects.toBeInstanceOf(TransientFault);
        await expectLedger(asked.idempotencyKey, []);
        expect((await untilAnswered(() => port.authorize(asked))).kind).toBe('approved');
        await expectLedger(asked.idempotencyKey, [['authorisation', AMOUNT.amount]]);
      });
    });

    describe.skipIf(!tokens.challenged)('challenge', () => {
      const challenged = () => authorized(tokens.challenged);

      it('sends the payer to authenticate, and takes nothing yet', async () => {
        const asked = request(tokens.challenged);
        const outcome = await port.authorize(asked);
        expect(outcome).toEqual({
          kind: 'challenged',
          processor: expect.stringMatching(/./),
          challengeUrl: expect.stringMatching(/^https?:\/\//),
        });
        expect(await port.authorize(asked)).toEqual(outcome);
        await expectLedger(asked.idempotencyKey, [['challenge', AMOUNT.amount]]);
      });

      it('approves once authenticated; the first result stands', async () => {
        const key = await challenged();
        const outcome = await port.authenticate(key, 'authenticated');
        expect(outcome.kind).toBe('approved');
        expect(await port.authenticate(key, 'authenticated')).toEqual(outcome);
        expect(await port.authenticate(key, 'failed')).toEqual(outcome);
        expect((await port.capture(key, AMOUNT)).kind).toBe('captured');
        expect(await port.authenticate(key, 'authenticated')).toEqual(outcome);
        await expectLedger(key, [
          ['challenge', AMOUNT.amount],
          ['authorisation', AMOUNT.amount],
          ['capture', AMOUNT.amount],
        ]);
      });

      it('declines once failed; the first result stands', async () => {
        const key = await challenged();
        const outcome = await port.authenticate(key, 'failed');
        expect(outcome).toMatchObject({ kind: 'declined', declineCode: 'authentication_failed' });
        expect(await port.authenticate(key, 'authenticated')).toEqual(outcome);
        expect((await port.capture(key, AMOUNT)).kind).toBe('refused');
        await expectLedger(key, [
          ['challenge', AMOUNT.amount],
          ['decline', AMOUNT.amount],
        ]);
      });

      it('answers a repeated authorisation as the first one, also after it ended', async () => {
        const asked = request(tokens.challenged);
        const first = await port.authorize(asked);
        await port.authenticate(asked.idempotencyKey, 'authenticated');
        expect(await port.authorize(asked)).toEqual(first);
      });

      it('cannot be captured while open', async () => {
        const key = await challenged();
        expect((await port.capture(key, AMOUNT)).kind).toBe('refused');
        await expectLedger(key, [['challenge', AMOUNT.amount]]);
      });

      it('lets nobody authenticate what was never challenged', async () => {
        for (const key of [await authorized(), `${nextOrder()}:charge`]) {
          const refused = port.authenticate(key, 'authenticated');
          await expect(refused).rejects.toThrow(/./);
          await expect(refused).rejects.not.toBeInstanceOf(TransientFault);
        }
      });
    });

    describe('capture', () => {
      it('takes the money once, whatever is repeated', async () => {
        const key = await authorized();
        const calls = Array.from({ length: PARALLEL }, () => untilAnswered(() => port.capture(key, AMOUNT)));
        const outcomes = await Promise.all(calls);
        expect(outcomes[0]!.kind).toBe('captured');
        expect(outcomes).toEqual(Array.from({ length: PARALLEL }, () => outcomes[0]));
        await expectLedger(key, [
          ['authorisation', AMOUNT.amount],
          ['capture', AMOUNT.amount],
        ]);
      });

      it('refuses more than was authorised, and then takes what was', async () => {
        const key = await authorized();
        expect((await port.capture(key, { ...AMOUNT, amount: AMOUNT.amount + 1 })).kind).toBe('refused');
        expect((await port.capture(key, { ...AMOUNT, currency: 'JPY' })).kind).toBe('refused');
        expect((await port.capture(key, AMOUNT)).kind).toBe('captured');
        await expectLedger(key, [
          ['authorisation', AMOUNT.amount],
          ['capture', AMOUNT.amount],
        ]);
      });

      it('refuses a second capture of another amount', async () => {
        const key = await captured();
        expect((await port.capture(key, { ...AMOUNT, amount: 1 })).kind).toBe('refused');
        await expectLedger(key, [
          ['authorisation', AMOUNT.amount],
          ['capture', AMOUNT.amount],
        ]);
      });

      it('refuses a payment that was declined, and one that does not exist', async () => {
        const declined = await authorized(Object.keys(tokens.declined)[0]);
        expect((await port.capture(declined, AMOUNT)).kind).toBe('refused');
        expect((await port.capture(`${nextOrder()}:charge`, AMOUNT)).kind).toBe('refused');
        await expectLedger(declined, [['decline', AMOUNT.amount]]);
      });

      it('refuses after a void and after a refund', async () => {
        const voided = await authorized();
        await port.reverse(voided);
        expect((await port.capture(voided, AMOUNT)).kind).toBe('refused');
        await expectLedger(voided, [
          ['authorisation', AMOUNT.amount],
          ['void', AMOUNT.amount],
        ]);
        const refunded = await captured();
        await port.reverse(refunded);
        expect((await port.capture(refunded, AMOUNT)).kind).toBe('refused');
      });
    });

    describe('reverse', () => {
      it('voids an authorisation, once', async () => {
        const key = await authorized();
        const calls = Array.from({ length: PARALLEL }, () => untilAnswered(() => port.reverse(key)));
        const outcomes = await Promise.all(calls);
        expect(outcomes[0]).toEqual({ kind: 'voided', reversalId: expect.stringMatching(/./) });
        expect(outcomes).toEqual(Array.from({ length: PARALLEL }, () => outcomes[0]));
        await expectLedger(key, [
          ['authorisation', AMOUNT.amount],
          ['void', AMOUNT.amount],
        ]);
      });

      it('refunds what was captured, once', async () => {
        const key = await authorized();
        await port.capture(key, { ...AMOUNT, amount: 20_000 });
        const outcome = await port.reverse(key);
        expect(outcome).toEqual({ kind: 'refunded', reversalId: expect.stringMatching(/./) });
        expect(await port.reverse(key)).toEqual(outcome);
        await expectLedger(key, [
          ['authorisation', AMOUNT.amount],
          ['capture', 20_000],
          ['refund', 20_000],
        ]);
      });

      it.skipIf(!tokens.challenged)('closes an open challenge: it can no longer be passed', async () => {
        const asked = request(tokens.challenged);
        const key = asked.idempotencyKey;
        await port.authorize(asked);
        const outcome = await port.reverse(key);
        expect(outcome.kind).toBe('voided');
        expect(await port.reverse(key)).toEqual(outcome);
        expect(await port.authenticate(key, 'authenticated')).toMatchObject({
          kind: 'declined',
          declineCode: 'reversed',
        });
        expect(await port.authorize(asked)).toMatchObject({ kind: 'declined', declineCode: 'reversed' });
        await expectLedger(key, [
          ['challenge', AMOUNT.amount],
          ['void', 0],
        ]);
      });

      it('finds nothing to give back after a decline', async () => {
        const key = await authorized(Object.keys(tokens.declined)[0]);
        expect(await port.reverse(key)).toEqual({ kind: 'nothing' });
        await expectLedger(key, [['decline', AMOUNT.amount]]);
      });

      it('before the authorisation: refuses it when it comes late', async () => {
        const asked = request();
        const key = asked.idempotencyKey;
        expect(await port.reverse(key)).toEqual({ kind: 'nothing' });
        expect(await port.reverse(key)).toEqual({ kind: 'nothing' });
        const late = await port.authorize(asked);
        expect(late).toMatchObject({ kind: 'declined', declineCode: 'reversed' });
        expect(await port.authorize(asked)).toEqual(late);
        expect(await port.reverse(key)).toEqual({ kind: 'nothing' });
        expect((await port.capture(key, AMOUNT)).kind).toBe('refused');
        await expectLedger(key, [['decline', AMOUNT.amount]]);
      });

      it('bars the key for every token, also those with a behaviour of their own', async () => {
        const others = [tokens.challenged, tokens.losesAnswer, tokens.failsFirst].filter(
          (token) => token !== undefined,
        );
        for (const token of others) {
          const asked = request(token);
          await port.reverse(asked.idempotencyKey);
          expect(await port.authorize(asked)).toMatchObject({ kind: 'declined', declineCode: 'reversed' });
        }
      });

      it('after the authorisation: a late repeat of it is refused as well', async () => {
        const asked = request();
        await port.authorize(asked);
        await port.reverse(asked.idempotencyKey);
        expect(await port.authorize(asked)).toMatchObject({ kind: 'declined', declineCode: 'reversed' });
        await expectLedger(asked.idempotencyKey, [
          ['authorisation', AMOUNT.amount],
          ['void', AMOUNT.amount],
        ]);
      });

      it.skipIf(!tokens.losesAnswer)('gives back a charge whose answer was lost', async () => {
        const asked = request(tokens.losesAnswer);
        await expect(port.authorize(asked)).rejects.toBeInstanceOf(TransientFault);
        expect((await port.reverse(asked.idempotencyKey)).kind).toBe('voided');
        await expectLedger(asked.idempotencyKey, [
          ['authorisation', AMOUNT.amount],
          ['void', AMOUNT.amount],
        ]);
      });

      it('leaves no money behind when it races the authorisation', async () => {
        for (let round = 0; round < 10; round++) {
          const asked = request();
          await Promise.all([
            untilAnswered(() => port.authorize(asked)),
            untilAnswered(() => port.reverse(asked.idempotencyKey)),
          ]);
          expect((await port.capture(asked.idempotencyKey, AMOUNT)).kind).toBe('refused');
        }
      });
    });

    describe('faults of the other side', () => {
      it.skipIf(!features.faults)('a fault before the charge passes: nothing is charged', async () => {
        const faults = subject.faults!;
        for (const mode of ['error', 'down'] as const) {
          const asked = request();
          await faults.set({ system: 'payment', mode, count: 1 });
          await expect(port.authorize(asked)).rejects.toBeInstanceOf(TransientFault);
          await expectLedger(asked.idempotencyKey, []);
          expect((await port.authorize(asked)).kind).toBe('approved');
        }
      });

      it.skipIf(!features.faults)('an answer lost after the charge is found by a repeat, on every call', async () => {
        const faults = subject.faults!;
        const asked = request();
        const key = asked.idempotencyKey;
        for (const call of [() => port.authorize(asked), () => port.capture(key, AMOUNT), () => port.reverse(key)]) {
          await faults.set({ system: 'payment', mode: 'lost_answer', count: 1 });
          await expect(call()).rejects.toBeInstanceOf(TransientFault);
          await call();
        }
        await expectLedger(key, [
          ['authorisation', AMOUNT.amount],
          ['capture', AMOUNT.amount],
          ['refund', AMOUNT.amount],
        ]);
      });

      it.skipIf(!features.faults)('says how long to wait when there were too many calls', async () => {
        const faults = subject.faults!;
        await faults.set({ system: 'payment', mode: 'rate_limited', latencyMs: 1_500, count: 1 });
        await expect(port.authorize(request())).rejects.toMatchObject({ name: 'TransientFault', retryAfterMs: 1_500 });
      });

      it.skipIf(!features.faults)('a call repeated while the first is still under way charges once', async () => {
        const faults = subject.faults!;
        const asked = request();
        await faults.set({ system: 'payment', mode: 'slow', latencyMs: 50, count: 1 });
        const outcomes = await Promise.all([
          untilAnswered(() => port.authorize(asked)),
          untilAnswered(() => port.authorize(asked)),
        ]);
        expect(outcomes[1]).toEqual(outcomes[0]);
        await expectLedger(asked.idempotencyKey, [['authorisation', AMOUNT.amount]]);
      });
    });

    it.skipIf(!features.restart)(
      'remembers payments, reversals and bars when the other side is killed and started over',
      async () => {
        const approved = request();
        const barred = request();
        const voided = request();
        const first = await port.authorize(approved);
        await port.authorize(voided);
        const reversal = await port.reverse(voided.idempotencyKey);
        await port.reverse(barred.idempotencyKey);
        await subject.restart!();
        expect(await untilAnswered(() => port.authorize(approved))).toEqual(first);
        expect(await untilAnswered(() => port.reverse(voided.idempotencyKey))).toEqual(reversal);
        expect(await untilAnswered(() => port.authorize(barred))).toMatchObject({
          kind: 'declined',
          declineCode: 'reversed',
        });
        expect((await untilAnswered(() => port.capture(approved.idempotencyKey, AMOUNT))).kind).toBe('captured');
        await expectLedger(approved.idempotencyKey, [
          ['authorisation', AMOUNT.amount],
          ['capture', AMOUNT.amount],
        ]);
      },
    );
  });
}
