import { randomFillSync } from 'node:crypto';
import { uuidV5 } from '../topology/runtime/event-id.ts';

const BYTES = 16;
/** Random bytes of many ids, drawn at once: a call for each costs more than the rest of a look-up's id. */
const drawn = Buffer.alloc(BYTES * 256);
let used = drawn.length;

/** UUID version 7 (RFC 9562): 48 bits of ms since the epoch, then random bits. Sorts by time to the ms. */
export function uuidV7(now: number): string {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  const at = used;
  used += BYTES;
  drawn.writeUIntBE(now, at, 6);
  drawn[at + 6] = ((drawn[at + 6] as number) & 0x0f) | 0x70;
  drawn[at + 8] = ((drawn[at + 8] as number) & 0x3f) | 0x80;
  const hex = drawn.toString('hex', at, used);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/**
 * The id an order has by its Idempotency-Key alone: a repeat names the same order even where every store has forgotten
 * the first request.
 */
export function orderIdFor(tenant: string, route: string, idempotencyKey: string): string {
  return uuidV5(`order|${tenant}|${route}|${idempotencyKey}`);
}
