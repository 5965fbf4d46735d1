import type avro from 'avsc';
import type { Format } from './format.ts';
import type { AnyOrderEvent, Order } from './types.ts';
import { HEADER_BYTES, writeHeader } from './wire.ts';

/** An event with its bytes as they go to its topic, the journal and the changelog. */
export interface EncodedEvent {
  event: AnyOrderEvent;
  bytes: Buffer;
  /** Where in the bytes each field of the order begins, and where the last ends. Missing where nobody needed to find out. */
  places?: readonly number[];
}

interface Field {
  name: string;
  type: avro.Type;
}
type Values = Readonly<Record<string, unknown>>;

const ORDER = 'order';
/** Events are written here and copied out. */
const SCRATCH_BYTES = 64 * 1024;

/**
 * Writes events that follow each other. An event holds its whole order, and a step changes little of it: what is the same value, or the very
 * same object, as in the event before is copied from its bytes. So nothing of an order may be changed once it was written; steps make new ones.
 */
export class EventWriter {
  readonly #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  readonly #places: number[] = [];

  /** Null for an event that does not fit its schema, or into the scratch: it is for the writer of whole records. */
  write(format: Format, schemaId: number, event: AnyOrderEvent, before: EncodedEvent | undefined): EncodedEvent | null {
    let at = HEADER_BYTES;
    try {
      for (const { name, type } of fieldsOf(format.type)) {
        at = name === ORDER ? this.#writeOrder(type, event.order, before, at) : this.#writeValue(type, (event as unknown as Values)[name], at);
        if (at < 0) return null;
      }
    } catch {
      return null;
    }
    writeHeader(this.#scratch, schemaId);
    return { event, bytes: Buffer.from(this.#scratch.subarray(0, at)), places: this.#places.slice() };
  }

  /** Gives the position after it; below zero where there is no room for it. */
  #writeValue(type: avro.Type, value: unknown, at: number): number {
    return type.encode(value, this.#scratch, at);
  }

  #writeOrder(type: avro.Type, order: Order, before: EncodedEvent | undefined, from: number): number {
    const fields = fieldsOf(type);
    const values = order as unknown as Values;
    const known = before?.places && { values: before.event.order as unknown as Values, bytes: before.bytes, places: before.places };
    let at = from;
    for (let index = 0; index < fields.length; ) {
      const end = known ? endOfSame(fields, index, values, known.values) : index;
      if (known && end > index) at = this.#copy(known, index, end, at);
      else at = this.#writeField(fields[index] as Field, values, index, at);
      if (at < 0) return at;
      index = Math.max(end, index + 1);
    }
    this.#places[fields.length] = at;
    return at;
  }

  #writeField({ name, type }: Field, values: Values, index: number, at: number): number {
    this.#places[index] = at;
    return this.#writeValue(type, values[name], at);
  }

  /** The fields from one to before another, as they lie in the bytes of the event before. */
  #copy({ bytes, places }: { bytes: Buffer; places: readonly number[] }, from: number, to: number, at: number): number {
    const [begin, end] = [places[from] as number, places[to] as number];
    if (at + end - begin > SCRATCH_BYTES) return -1;
    bytes.copy(this.#scratch, at, begin, end);
    for (let index = from; index < to; index += 1) this.#places[index] = (places[index] as number) + at - begin;
    return at + end - begin;
  }
}

/** The first field, from `index` on, that is not the same in both. */
function endOfSame(fields: readonly Field[], index: number, one: Values, other: Values): number {
  let end = index;
  for (let name = fields[end]?.name; name !== undefined && one[name] === other[name]; name = fields[end]?.name) end += 1;
  return end;
}

const fieldsOf = (type: avro.Type): readonly Field[] => (type as avro.types.RecordType).fields as readonly Field[];
