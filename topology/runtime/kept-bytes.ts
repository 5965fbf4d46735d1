/**
 * A copy for keeping, in memory of its own. What is kept must not be a cut of something larger, which lives as long as any cut of it: a
 * record's value is one of a whole fetch, and `Buffer.from` and `Buffer.concat` cut small results from blocks that others share
 * (Buffer.poolSize, 64 KiB).
 */
export function keptBytes(bytes: Uint8Array): Buffer {
  const kept = Buffer.allocUnsafeSlow(bytes.length);
  kept.set(bytes);
  return kept;
}
