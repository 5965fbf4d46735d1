import avro from 'avsc';

/** The part of avsc's reader that array and map types see. */
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
    typeHook: bounded,
  });
  makePlain(type);
  return type;
}

function bounded(schema: unknown, options: unknown): avro.Type | undefined {
  const { type } = schema as { type?: unknown };
  if (type === 'array') return new BoundedArray(schema as Schema, options);
  if (type === 'map') return new BoundedMap(schema as Schema, options);
  return undefined;
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
