import { keyedHash } from '../schemas/keyed-hash.ts';
import { type DataKey, seal, unseal, Unreadable } from '../schemas/seal.ts';
import { type Answer, answer } from './answer.ts';
import type { Ingress } from './dependencies.ts';
import { Problem } from './problem.ts';

const KEY = /^(?:"([\x20\x21\x23-\x7e]{1,255})"|([\x21\x23-\x7e]{1,255}))$/;

/** The Idempotency-Key header, quoted or bare; null where there is none. Throws Problem where it is no key. */
export function idempotencyKeyOf(header: string | undefined): string | null {
  if (header === undefined) return null;
  const [, quoted, bare] = KEY.exec(header.trim()) ?? [];
  const key = quoted ?? bare;
  if (key !== undefined) return key;
  throw new Problem('invalid_request', 'The Idempotency-Key cannot be read.', {
    errors: [
      {
        pointer: '/headers/idempotency-key',
        code: 'invalid_format',
        detail: '1 to 255 visible ASCII characters, in quotes or bare.',
      },
    ],
  });
}

export interface IdempotentRequest {
  /** Scope and key, in clear; hashed before they leave the process. */
  scope: string;
  body: unknown;
  /** Seals the stored answer, which holds personal data: when the customer is forgotten, so is the answer. */
  key: DataKey;
  /** Names where the answer belongs, as the seal's additional data. */
  aad: string;
}

/**
 * Runs the request once for its key: a repeat gets the first answer again, marked with `Idempotency-Replayed`; a repeat
 * while the first runs 409; another body under the key 422. Where the request fails (429, 5xx) its claim is let go, so
 * that it can be made again.
 */
export async function once(ingress: Ingress, request: IdempotentRequest, run: () => Promise<Answer>): Promise<Answer> {
  const name = keyedHash(ingress.pepper, `idempotency|${request.scope}`);
  const fingerprint = keyedHash(ingress.pepper, canonicalJson(request.body));
  const claim = await claimed(ingress, name, fingerprint);
  if (claim.kind === 'mismatch') throw new Problem('key_reused', 'The key was sent with another body before.');
  if (claim.kind === 'in_flight')
    throw new Problem('request_in_flight', 'The first request with this key is still running.', {
      retryAfterSeconds: 1,
    });
  if (claim.kind === 'answered') {
    const first = await openAnswer(ingress, claim.sealed, request.aad);
    if (first) return { ...first, headers: { ...first.headers, 'Idempotency-Replayed': 'true' } };
  }
  try {
    const given = await run();
    await ingress.idempotency
      .answer(name, fingerprint, seal(given, request.key, request.aad))
      .catch((error: unknown) => {
        ingress.log.warn({ err: error }, 'an answer could not be kept for its Idempotency-Key');
      });
    return given;
  } catch (error) {
    await letGo(ingress, name);
    throw error;
  }
}

async function claimed(ingress: Ingress, name: string, fingerprint: string) {
  try {
    return await ingress.idempotency.claim(name, fingerprint);
  } catch (cause) {
    throw new Problem('unavailable', 'Idempotency-Key cannot be honoured at the moment.', {
      retryAfterSeconds: 1,
      cause,
    });
  }
}

async function letGo(ingress: Ingress, name: string): Promise<void> {
  await ingress.idempotency.release(name).catch((error: unknown) => {
    ingress.log.warn({ err: error }, 'an Idempotency-Key stays claimed until its claim lapses');
  });
}

/**
 * The stored answer; null where the customer has been forgotten since: the request then runs again, and meets the order
 * it made.
 */
async function openAnswer(ingress: Ingress, sealed: string, aad: string): Promise<Answer | null> {
  try {
    const { status, headers, body } = (await unseal(sealed, ingress.keys, aad)) as Answer;
    return answer(status, body, headers);
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}

/**
 * JSON with members in order of their names: equal values give equal text, however they were written. For values of
 * shallow depth.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
