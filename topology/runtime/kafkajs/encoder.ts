/** The client's growing buffer, as far as it is used here. */
export interface Encoder {
  buf: Buffer;
  offset: number;
  readonly buffer: Buffer;
  size(): number;
  ensureAvailable(length: number): void;
  writeInt8(value: number): Encoder;
  writeInt16(value: number): Encoder;
  writeInt32(value: number): Encoder;
  writeUInt32(value: number): Encoder;
  writeInt64(value: unknown): Encoder;
  writeString(value: string | null): Encoder;
  writeEncoder(value: Encoder): Encoder;
  writeUVarInt(value: number): Encoder;
}

export interface EncoderClass {
  new (initialSize?: number): Encoder;
  nextPowerOfTwo(value: number): number;
  readonly prototype: Encoder;
}

const CONTINUES = 0x80;
const LONGEST_VAR_INT = 5;

/**
 * The stock encoder over memory that is not filled with zeros first. Nothing reads beyond `offset`, and all before it has been written;
 * zeros cost more than what most requests write over them.
 */
export function withoutZeros(Stock: EncoderClass): EncoderClass {
  class UnfilledEncoder {
    buf: Buffer;
    offset = 0;

    constructor(initialSize = 511) {
      this.buf = Buffer.allocUnsafe(Stock.nextPowerOfTwo(initialSize));
    }

    ensureAvailable(length: number): void {
      if (this.offset + length <= this.buf.length) return;
      const larger = Buffer.allocUnsafe(Stock.nextPowerOfTwo(this.offset + length));
      this.buf.copy(larger, 0, 0, this.offset);
      this.buf = larger;
    }

    writeUVarInt(value: number): this {
      this.ensureAvailable(LONGEST_VAR_INT);
      let rest = value >>> 0;
      for (; rest >= CONTINUES; rest >>>= 7) this.buf[this.offset++] = rest & 0x7f | CONTINUES;
      this.buf[this.offset++] = rest;
      return this;
    }
  }
  // Not `extends`: the stock constructor would allocate its zeros first.
  Object.setPrototypeOf(UnfilledEncoder, Stock);
  Object.setPrototypeOf(UnfilledEncoder.prototype, Stock.prototype);
  return UnfilledEncoder as unknown as EncoderClass;
}
