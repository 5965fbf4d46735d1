import { randomBytes } from 'node:crypto';

const SUPPLY_BYTES = 8 * 1024;

let supply = Buffer.alloc(0);
let used = 0;

/**
 * Random bytes, fit for nonces and ids, each handed out once. They come from a supply that is drawn in one go: drawing a dozen bytes takes
 * as long as drawing thousands. For keys draw your own, so that they lie in no memory beside.
 */
export function randomFromSupply(count: number): Buffer {
  if (used + count > supply.length) {
    supply = randomBytes(Math.max(SUPPLY_BYTES, count));
    used = 0;
  }
  used += count;
  return supply.subarray(used - count, used);
}
