import type { AuditEntry, OrderCommand, OrderEvents, TimerFired } from './types.ts';

/** Every record that travels on a topic, by the name of its schema. */
export interface Records extends OrderEvents {
  OrderCommand: OrderCommand;
  TimerFired: TimerFired;
  AuditEntry: AuditEntry;
}
export type RecordName = keyof Records;

export type UndecodableCode = 'not_wire_format' | 'unknown_schema' | 'malformed';

/** Bytes that nobody will ever be able to read. Its message holds no part of them. */
export class Undecodable extends Error {
  override name = 'Undecodable';
  readonly code: UndecodableCode;
  /** Where the bytes name one. */
  readonly schemaId: number | undefined;
  constructor(code: UndecodableCode, detail: string, options: { schemaId?: number; cause?: unknown } = {}) {
    super(`${code}: ${detail}`, { cause: options.cause });
    this.code = code;
    this.schemaId = options.schemaId;
  }
}

/** A record that does not fit its schema: a fault of the program. Names the fields, never their values. */
export class Unencodable extends Error {
  override name = 'Unencodable';
  readonly paths: readonly string[];
  constructor(name: string, paths: readonly string[]) {
    super(`${name} does not fit its schema at ${paths.join(', ') || 'its root'}`);
    this.paths = paths;
  }
}

const MAGIC = 0;
/** Confluent wire format: a zero byte and the schema id, int32 big-endian, before the Avro body. */
export const HEADER_BYTES = 5;

export function writeHeader(target: Buffer, schemaId: number): void {
  target[0] = MAGIC;
  target.writeInt32BE(schemaId, 1);
}

/** The schema id a record names. Throws Undecodable `not_wire_format`. */
export function readHeader(value: Buffer): number {
  if (value.length < HEADER_BYTES) throw new Undecodable('not_wire_format', `${value.length} bytes are too few`);
  if (value[0] !== MAGIC) throw new Undecodable('not_wire_format', 'the first byte is not zero');
  return value.readInt32BE(1);
}
