import { keptBytes } from '../kept-bytes.ts';

interface Decoder {
  buffer: Buffer;
  offset: number;
  readInt8(): number;
  readVarInt(): number;
  readVarLong(): { toString(): string };
  readVarIntBytes(): Buffer | null;
  readVarIntString(): string | null;
}

interface BatchContext {
  firstOffset: string;
  firstTimestamp: string;
  magicByte?: number;
  isControlBatch?: boolean;
  timestampType?: number;
  maxTimestamp?: string;
}

type HeaderValue = Buffer | null;
type Headers = Record<string, HeaderValue | HeaderValue[]>;

const LOG_APPEND_TIME = 1;
/** Bytes of a var int whose value surely fits 31 bits. */
const SMALL = 4;
const MOST_NAMES = 64;

/**
 * Decodes one record as the stock function does, which takes a BigInt for each number and a copy of all headers for each header.
 * A header may be called like a method of objects; the stock function mixes the two up.
 */
export function decodeRecord(decoder: Decoder, batchContext: BatchContext) {
  const attributes = decoder.readInt8();
  const timestampDelta = readVarLong(decoder);
  const timestamp =
    batchContext.timestampType === LOG_APPEND_TIME && batchContext.maxTimestamp
      ? batchContext.maxTimestamp
      : sum(batchContext.firstTimestamp, timestampDelta);
  const offset = sum(batchContext.firstOffset, decoder.readVarInt());
  const key = decoder.readVarIntBytes();
  const value = decoder.readVarIntBytes();
  const headers = readHeaders(decoder);
  return {
    magicByte: batchContext.magicByte, attributes, timestamp, offset, key, value, headers,
    isControlRecord: batchContext.isControlBatch ?? false, batchContext,
  };
}

function readVarLong(decoder: Decoder): number | string {
  const { buffer, offset } = decoder;
  for (let at = offset; at < offset + SMALL; at += 1) if ((buffer[at] as number) < 0x80) return decoder.readVarInt();
  return decoder.readVarLong().toString();
}

function sum(base: string, delta: number | string): string {
  const from = Number(base);
  const exact = Number.isSafeInteger(from) && typeof delta === 'number' ? from + delta : Number.NaN;
  return Number.isSafeInteger(exact) ? String(exact) : String(BigInt(base) + BigInt(delta));
}

function readHeaders(decoder: Decoder): Headers {
  const headers: Headers = {};
  const count = decoder.readVarInt();
  for (let index = 0; index < count; index += 1) {
    const name = readName(decoder, index);
    const value = decoder.readVarIntBytes();
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (!Object.hasOwn(headers, name)) Object.defineProperty(headers, name, { value, writable: true, enumerable: true, configurable: true });
    else if (Array.isArray(before)) before.push(value);
    else headers[name] = [before, value];
  }
  return headers;
}

/** The name last read at each place: records of a topic have the same headers in the same order. */
const names: { bytes: Buffer; text: string }[] = [];

function readName(decoder: Decoder, index: number): string {
  const { buffer, offset } = decoder;
  const last = names[index];
  if (last && startsWith(buffer, offset, last.bytes)) {
    decoder.offset = offset + last.bytes.length;
    return last.text;
  }
  const text = String(decoder.readVarIntString());
  if (index < MOST_NAMES) names[index] = { bytes: keptBytes(buffer.subarray(offset, decoder.offset)), text };
  return text;
}

function startsWith(buffer: Buffer, offset: number, bytes: Buffer): boolean {
  for (let n = 0; n < bytes.length; n += 1) if (buffer[offset + n] !== bytes[n]) return false;
  return true;
}
