const POLYNOMIAL = 0x82f63b78;
const STEP = 8;

/** `TABLES[n][byte]`: what a byte does to the checksum when n more bytes follow it. */
const TABLES = makeTables();
const [T0, T1, T2, T3, T4, T5, T6, T7] = TABLES as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];

function makeTables(): Int32Array[] {
  const tables = Array.from({ length: STEP }, () => new Int32Array(256));
  const [first] = tables as [Int32Array];
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    first[byte] = crc;
  }
  for (let n = 1; n < STEP; n += 1) {
    const [table, before] = [tables[n] as Int32Array, tables[n - 1] as Int32Array];
    for (let byte = 0; byte < 256; byte += 1) {
      const crc = before[byte] as number;
      table[byte] = (crc >>> 8) ^ (first[crc & 0xff] as number);
    }
  }
  return tables;
}

/** CRC-32C (Castagnoli) of the bytes from `from` until `to`, unsigned: eight bytes a step instead of one. */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let crc = -1;
  let at = from;
  for (const steps = to - (STEP - 1); at < steps; at += STEP) {
    const low = crc ^ ((bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24));
    crc =
      (T7[low & 0xff] as number) ^ (T6[(low >>> 8) & 0xff] as number) ^ (T5[(low >>> 16) & 0xff] as number) ^ (T4[low >>> 24] as number) ^
      (T3[bytes[at + 4] as number] as number) ^ (T2[bytes[at + 5] as number] as number) ^
      (T1[bytes[at + 6] as number] as number) ^ (T0[bytes[at + 7] as number] as number);
  }
  for (; at < to; at += 1) crc = (T0[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}
