import { writeText, writeVarInt } from '../../../schemas/binary.ts';

const CONTINUES = 0x80;
/** Bytes of a var int and of a var long at most. */
const VAR_INT = 5;
const VAR_LONG = 10;
/** Places left for a record's length: two bytes hold what records of 64 bytes to 8 KB need, others are moved. */
const LENGTH_WIDTH = 2;
const UTF8_PER_UNIT = 3;
const SMALL_VAR_LONG = 2 ** 30;

type Field = Buffer | string | null | undefined;
type HeaderValue = Field | Field[];

export interface OutgoingMessage {
  key?: Field;
  value: Field;
  timestamp?: string;
  headers?: Record<string, HeaderValue> | null;
}

/** Bytes that `writeRecord` may touch at most. */
export function roomFor({ key, value, headers }: OutgoingMessage): number {
  let room = 3 * VAR_INT + VAR_LONG + 1 + fieldRoom(key) + fieldRoom(value);
  if (!headers) return room;
  for (const name of Object.keys(headers)) {
    const header = headers[name];
    if (!Array.isArray(header)) room += fieldRoom(name) + fieldRoom(header);
    else for (const one of header) room += fieldRoom(name) + fieldRoom(one);
  }
  return room;
}

const fieldRoom = (field: Field): number => VAR_INT + (typeof field === 'string' ? field.length * UTF8_PER_UNIT : field ? field.length : 0);

/** Writes one record of a batch in format 2 and gives the position after it. Throws a TypeError for fields neither text nor bytes. */
export function writeRecord(bytes: Buffer, at: number, message: OutgoingMessage, offsetDelta: number, timestampDelta: number): number {
  const body = at + LENGTH_WIDTH;
  let end = body;
  bytes[end++] = 0;
  end = writeVarLong(bytes, end, timestampDelta);
  end = writeVarInt(bytes, end, offsetDelta);
  end = writeField(bytes, end, message.key);
  end = writeField(bytes, end, message.value);
  end = writeHeaders(bytes, end, message.headers ?? {});
  const length = end - body;
  const width = varIntSize(length);
  if (width !== LENGTH_WIDTH) bytes.copyWithin(at + width, body, end);
  writeVarInt(bytes, at, length);
  return at + width + length;
}

function writeHeaders(bytes: Buffer, at: number, headers: Record<string, HeaderValue>): number {
  const names = Object.keys(headers);
  let count = 0;
  for (const name of names) {
    const header = headers[name];
    count += Array.isArray(header) ? header.length : 1;
  }
  let end = writeVarInt(bytes, at, count);
  for (const name of names) {
    const header = headers[name];
    if (!Array.isArray(header)) end = writeField(bytes, writeText(bytes, end, name), header);
    else for (const one of header) end = writeField(bytes, writeText(bytes, end, name), one);
  }
  return end;
}

function writeField(bytes: Buffer, at: number, field: Field): number {
  if (typeof field === 'string') return writeText(bytes, at, field);
  if (field == null) return writeVarInt(bytes, at, -1);
  if (!Buffer.isBuffer(field)) throw new TypeError(`a record's key, value and headers are text or buffers, not ${typeof field}`);
  const start = writeVarInt(bytes, at, field.length);
  bytes.set(field, start);
  return start + field.length;
}

function varIntSize(value: number): number {
  const rest = ((value << 1) ^ (value >> 31)) >>> 0;
  return rest < 2 ** 7 ? 1 : rest < 2 ** 14 ? 2 : rest < 2 ** 21 ? 3 : rest < 2 ** 28 ? 4 : 5;
}

function writeVarLong(bytes: Buffer, at: number, value: number): number {
  if (Number.isInteger(value) && Math.abs(value) < SMALL_VAR_LONG) return writeVarInt(bytes, at, value);
  const exact = BigInt(value);
  let rest = BigInt.asUintN(64, (exact << 1n) ^ (exact >> 63n));
  let end = at;
  for (; rest >= 0x80n; rest >>= 7n) bytes[end++] = Number(rest & 0x7fn) | CONTINUES;
  bytes[end++] = Number(rest);
  return end;
}
