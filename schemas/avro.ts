import avro from 'avsc';
import { writeText } from './binary.ts';

/** The part of avsc's reader and writer that types of our own see. */
interface Tap {
  buf: Buffer;
  pos: number;
  readLong(): number;
  readString(): string;
  skipString(): void;
}
interface Reader {
  _read(tap: Tap): unknown;
  _skip(tap: Tap): void;
}
interface Writer {
  _write(tap: Tap, value: unknown): void;
}

/** Anything that can be compiled: a parsed .avsc, or the schema of another avsc type. */
export type Schema = Parameters<typeof avro.Type.forSchema>[0];

/**
 * Compiles a schema for untrusted bytes: unions are not wrapped, records come out as plain objects, and a count that
 * the rest of the bytes cannot hold is refused. (avsc alone would loop, or fill the memory, on a few bytes that claim
 * four thousand million items.) Types compiled with one `registry` share the records they have in common.
 */
export function compile(schema: Schema, registry: Record<string, avro.Type> = {}): avro.Type {
  const type = avro.Type.forSchema(schema, {
    registry,
    wrapUnions: 'never',
    omitRecordMethods: true,
    typeHook: ownType,
  });
  makePlain(type);
  return type;
}

function ownType(schema: unknown, options: unknown): avro.Type | undefined {
  const { type } = schema as { type?: unknown };
  if (schema === 'string' || type === 'string') return new Text();
  if (type === 'array') return new BoundedArray(schema as Schema, options);
  if (type === 'map') return new BoundedMap(schema as Schema, options);
  return undefined;
}

/** Writes texts for less than avsc's own type does. */
class Text extends (avro.types.StringType as unknown as new () => avro.Type & Writer) {
  override _write(tap: Tap, value: unknown): void {
    if (typeof value === 'string') tap.pos = writeText(tap.buf, tap.pos, value);
    else super._write(tap, value);
  }
}

/** Items left in the next block; 0 ends the array or map. Every item takes a byte at least. */
function blockSize(tap: Tap): number {
  const count = tap.readLong();
  if (count < 0) tap.readLong();
  const items = Math.abs(count);
  if (items > tap.buf.length - tap.pos) throw new Error('more items than bytes');
  return items;
}

class BoundedArray extends avro.types.ArrayType {
  _read(tap: Tap): unknown[] {
    const type = this.itemsType as unknown as Reader;
    const items: unknown[] = [];
    for (let left = blockSize(tap); left > 0; left = blockSize(tap)) while (left-- > 0) items.push(type._read(tap));
    return items;
  }

  _skip(tap: Tap): void {
    const type = this.itemsType as unknown as Reader;
    for (let left = blockSize(tap); left > 0; left = blockSize(tap)) while (left-- > 0) type._skip(tap);
  }
}

class BoundedMap extends avro.types.MapType {
  _read(tap: Tap): object {
    const type = this.valuesType as unknown as Reader;
    const entries: [string, unknown][] = [];
    for (let left = blockSize(tap); left > 0; left = blockSize(tap)) {
      while (left-- > 0) entries.push([tap.readString(), type._read(tap)]);
    }
    return Object.fromEntries(entries);
  }

  _skip(tap: Tap): void {
    const type = this.valuesType as unknown as Reader;
    for (let left = blockSize(tap); left > 0; left = blockSize(tap)) {
      while (left-- > 0) {
        tap.skipString();
        type._skip(tap);
      }
    }
  }
}

/** Gives the records of a type, and those within, the prototype of object literals. */
function makePlain(type: avro.Type, seen = new Set<avro.Type>()): void {
  if (seen.has(type)) return;
  seen.add(type);
  const { fields, recordConstructor, itemsType, valuesType, types } = type as Partial<avro.types.RecordType> &
    Partial<avro.types.ArrayType> & { valuesType?: avro.Type; types?: readonly avro.Type[] };
  if (recordConstructor) (recordConstructor as unknown as { prototype: object }).prototype = Object.prototype;
  for (const inner of [...(fields ?? []).map((field) => field.type), ...(types ?? []), itemsType, valuesType]) {
    if (inner) makePlain(inner, seen);
  }
}
