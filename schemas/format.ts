import type avro from 'avsc';
import { compile, type Schema } from './avro.ts';
import { isEvent } from './generate.ts';
import { loadSchemas, standaloneSchemas } from './load.ts';
import { HEADER_BYTES, type RecordName, Undecodable, Unencodable, writeHeader } from './wire.ts';

/** How a record of this build is written and read. */
export interface Format {
  name: RecordName;
  type: avro.Type;
  /** Events are given their `type` when read; it is not in their bytes. */
  event: boolean;
}

/** What reads bytes of one schema id. */
export interface Reader {
  format: Format;
  /** From the writer's schema to ours; undefined where they are the same. */
  resolver: ReturnType<avro.Type['createResolver']> | undefined;
}

/** All formats, compiled together: the records they share are one type, so that their objects have one shape. */
export function compileFormats(): Format[] {
  const shared = {};
  const types = loadSchemas().map((schema) => ({ schema, type: compile(schema as Schema, shared) }));
  const names = new Set(standaloneSchemas().map(({ name }) => name));
  return types
    .filter(({ schema }) => names.has(schema.name))
    .map(({ schema, type }) => ({ name: schema.name as RecordName, type, event: isEvent(schema) }));
}

/** Records are written here and copied out: how long one becomes is not known before. */
let scratch = Buffer.allocUnsafeSlow(64 * 1024);

/** Header and body of a record. Throws Unencodable. */
export function write({ name, type }: Format, schemaId: number, record: object): Buffer {
  let end: number;
  try {
    end = type.encode(record, scratch, HEADER_BYTES);
    if (end < 0) {
      scratch = Buffer.allocUnsafeSlow(2 * (scratch.length - end));
      end = type.encode(record, scratch, HEADER_BYTES);
    }
  } catch {
    throw new Unencodable(name, faultyPaths(type, record));
  }
  writeHeader(scratch, schemaId);
  return Buffer.from(scratch.subarray(0, end));
}

function faultyPaths(type: avro.Type, record: object): string[] {
  const paths: string[] = [];
  type.isValid(record, { errorHook: (path) => paths.push(path.join('.')) });
  return paths;
}

/** The record after the header, which must fill the value to its end. Throws Undecodable `malformed`. */
export function read({ format, resolver }: Reader, schemaId: number, value: Buffer): object {
  let decoded: { value: unknown; offset: number };
  try {
    decoded = format.type.decode(value, HEADER_BYTES, resolver);
  } catch {
    // avsc's message may quote the bytes: it is not passed on.
    throw new Undecodable('malformed', `not a ${format.name}`, { schemaId });
  }
  if (decoded.offset !== value.length) {
    const detail = decoded.offset < 0 ? 'it ends too early' : 'bytes follow it';
    throw new Undecodable('malformed', `not a ${format.name}: ${detail}`, { schemaId });
  }
  const record = decoded.value as { type?: string };
  if (format.event) record.type = format.name;
  return record;
}
