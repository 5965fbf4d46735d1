const CONTINUES = 0x80;
/** Lengths below this take one byte. */
const SHORT = 64;
/**
 * Called, not looked up: where texts of many forms come by (flat, sliced, interned, of one or two bytes a unit), the engine looks
 * `text.charCodeAt` up anew for each character, in code that is compiled as well as it gets.
 */
const { charCodeAt } = String.prototype;

/** A 32-bit integer as Avro and Kafka's records both write it: zig-zag, seven bits a byte. Gives the position after it. */
export function writeVarInt(bytes: Buffer, at: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let end = at;
  for (; rest >= CONTINUES; rest >>>= 7) bytes[end++] = (rest & 0x7f) | CONTINUES;
  bytes[end++] = rest;
  return end;
}

/** A text as both write it: its length in bytes, then UTF-8. Gives the position after it, which lies beyond `bytes` where it did not fit. */
export function writeText(bytes: Buffer, at: number, text: string): number {
  const { length } = text;
  // Short texts are nearly always ASCII: a loop is cheaper than two calls into the engine.
  if (length < SHORT) {
    let end = at + 1;
    let seen = 0;
    for (let n = 0; n < length; n += 1) {
      const unit = charCodeAt.call(text, n);
      seen |= unit;
      bytes[end++] = unit;
    }
    if (seen < 0x80) {
      bytes[at] = length << 1;
      return end;
    }
  }
  const size = Buffer.byteLength(text);
  const start = writeVarInt(bytes, at, size);
  if (start + size <= bytes.length) bytes.write(text, start, size, 'utf8');
  return start + size;
}
