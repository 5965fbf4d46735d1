import type { Redis } from 'ioredis';

/** What a key's first request came to, sealed by the caller: answers hold personal data. */
export type Claim =
  | { kind: 'claimed' }
  | { kind: 'in_flight' }
  /** The key belongs to a request with another fingerprint. */
  | { kind: 'mismatch' }
  | { kind: 'answered'; sealed: string };

/** Remembers the answer to a key for 24 hours, and the request that is working on it until it is answered. */
export interface IdempotencyStore {
  /** `key` and `fingerprint` are keyed hashes. Atomic: of any number of callers, one is told 'claimed'. */
  claim(key: string, fingerprint: string): Promise<Claim>;
  /** The claim ends with an answer to be repeated. */
  answer(key: string, fingerprint: string, sealed: string): Promise<void>;
  /** The claim ends without one: the same request may be made again. */
  release(key: string): Promise<void>;
}

const DAY_S = 86_400;
/** A claim whose process died opens again after this time; the living ones renew theirs. */
const IN_FLIGHT_S = 15;
const RENEW_EVERY_MS = 5_000;
const PREFIX = 'idem:';
const WORKING = '-';

/**
 * IdempotencyStore on Redis; the value of a key is `<fingerprint>|<sealed answer>`, or `<fingerprint>|-` while in
 * flight.
 */
export function redisIdempotency(redis: Redis): IdempotencyStore {
  const held = new Map<string, NodeJS.Timeout>();
  const renewing = (key: string): NodeJS.Timeout =>
    setInterval(() => void redis.expire(PREFIX + key, IN_FLIGHT_S).catch(() => undefined), RENEW_EVERY_MS).unref();
  const end = (key: string): void => {
    clearInterval(held.get(key));
    held.delete(key);
  };
  return {
    async claim(key, fingerprint) {
      const mine = `${fingerprint}|${WORKING}`;
      for (;;) {
        const taken = await redis.set(PREFIX + key, mine, 'EX', IN_FLIGHT_S, 'NX');
        if (taken === 'OK') {
          held.set(key, renewing(key));
          return { kind: 'claimed' };
        }
        const found = await redis.get(PREFIX + key);
        if (found !== null) return claimOf(found, fingerprint);
      }
    },
    async answer(key, fingerprint, sealed) {
      end(key);
      await redis.set(PREFIX + key, `${fingerprint}|${sealed}`, 'EX', DAY_S);
    },
    async release(key) {
      end(key);
      await redis.del(PREFIX + key);
    },
  };
}

/** The same in this process's memory, without expiry: for tests. */
export function memoryIdempotency(): IdempotencyStore {
  const values = new Map<string, string>();
  return {
    async claim(key, fingerprint) {
      const found = values.get(key);
      if (found !== undefined) return claimOf(found, fingerprint);
      values.set(key, `${fingerprint}|${WORKING}`);
      return { kind: 'claimed' };
    },
    async answer(key, fingerprint, sealed) {
      values.set(key, `${fingerprint}|${sealed}`);
    },
    async release(key) {
      values.delete(key);
    },
  };
}

function claimOf(value: string, fingerprint: string): Claim {
  const border = value.indexOf('|');
  if (value.slice(0, border) !== fingerprint) return { kind: 'mismatch' };
  const sealed = value.slice(border + 1);
  return sealed === WORKING ? { kind: 'in_flight' } : { kind: 'answered', sealed };
}
