import { describe, expect, it } from 'vitest';
import type { IdempotencyStore } from '../../ingress/idempotency.ts';

/** What every IdempotencyStore does. `name` makes keys that no other test uses. */
export function idempotencyStoreSuite(what: string, store: () => IdempotencyStore, name: () => string): void {
  describe(what, () => {
    it('lets exactly one of many claim a key', async () => {
      const key = name();
      const claims = await Promise.all(Array.from({ length: 50 }, () => store().claim(key, 'f1')));
      expect(claims.filter(({ kind }) => kind === 'claimed')).toHaveLength(1);
      expect(claims.filter(({ kind }) => kind === 'in_flight')).toHaveLength(49);
    });

    it('repeats the answer to the same request', async () => {
      const key = name();
      await store().claim(key, 'f1');
      await store().answer(key, 'f1', 'v1.key.sealed|with|bars');
      expect(await store().claim(key, 'f1')).toEqual({ kind: 'answered', sealed: 'v1.key.sealed|with|bars' });
    });

    it('tells another request under the key apart, in flight and answered', async () => {
      const key = name();
      await store().claim(key, 'f1');
      expect(await store().claim(key, 'f2')).toEqual({ kind: 'mismatch' });
      await store().answer(key, 'f1', 'sealed');
      expect(await store().claim(key, 'f2')).toEqual({ kind: 'mismatch' });
    });

    it('opens a key again when its claim is let go', async () => {
      const key = name();
      await store().claim(key, 'f1');
      await store().release(key);
      expect(await store().claim(key, 'f2')).toEqual({ kind: 'claimed' });
    });
  });
}
