import { type EncodedEvent, EventWriter } from './event-writer.ts';
import { compileFormats, read, type Reader, write } from './format.ts';
import { type AvroRecord, standaloneSchemas } from './load.ts';
import { openRegistry, type RegistryClient, SchemasRefused, type Subject } from './registry.ts';
import type { AnyOrderEvent } from './types.ts';
import { readHeader, type RecordName, type Records } from './wire.ts';
import { writerLookup } from './writer-lookup.ts';

export { RegistryUnavailable, SchemasRefused, type Subject } from './registry.ts';
export type { EncodedEvent } from './event-writer.ts';
export { type RecordName, type Records, Undecodable, Unencodable } from './wire.ts';

/** A record as read: plain objects, longs as numbers, `type` set on events. `schemaId` is the writer's. */
export type DecodedRecord = {
  [Name in RecordName]: { name: Name; schemaId: number; record: Records[Name] };
}[RecordName];

/** Between records and bytes in Confluent wire format. */
export interface Codec {
  /** Throws Unencodable where the record does not fit its schema. */
  encode<Name extends RecordName>(name: Name, record: Records[Name]): Buffer;
  /** An event with the bytes that `encode` gives, for less where it follows one that was encoded before. Throws Unencodable. */
  encodeEvent(event: AnyOrderEvent, before?: EncodedEvent): EncodedEvent;
  /**
   * At once for schemas of this build, as a promise where another writer's schema has to be looked up. Fails (at once,
   * or as the promise does) with Undecodable, or with RegistryUnavailable (`transient`) where the registry is needed
   * and does not answer.
   */
  decode(value: Buffer): DecodedRecord | Promise<DecodedRecord>;
}

/**
 * Registers the schema of each record under its subject, BACKWARD_TRANSITIVE. Throws SchemasRefused with every refusal.
 */
export async function registerSchemas(options: { registryUrl: string; subjects: readonly Subject[] }): Promise<void> {
  const registry = openRegistry(options.registryUrl);
  const answers = await Promise.all(
    schemasOf(options.subjects).map(async ({ subject, schema }) => ({
      subject,
      answer: await registry.register(subject, schema),
    })),
  );
  const refused = answers.flatMap(({ subject, answer }) =>
    'refused' in answer ? [{ subject, reason: answer.refused }] : [],
  );
  if (refused.length > 0) throw new SchemasRefused(refused);
}

/**
 * A codec by the ids under which `registerSchemas` left this build's schemas. A record without a subject can be neither
 * written nor read.
 */
export async function openCodec(options: { registryUrl: string; subjects: readonly Subject[] }): Promise<Codec> {
  const registry = openRegistry(options.registryUrl);
  const ids = await Promise.all(
    schemasOf(options.subjects).map(async ({ subject, name, schema }) => {
      const id = await registry.idOf(subject, schema);
      if (id === undefined) throw new Error(`the schema of ${name} in this build is not registered under ${subject}`);
      return [name, id] as const;
    }),
  );
  return codecOf(new Map(ids), registry);
}

/** The same without a registry: ids are 1, 2, 3 … by the order of the schemas. For tests and the in-process driver. */
export function memoryCodec(): Codec {
  const ids = standaloneSchemas().map((schema, at) => [schema.name, at + 1] as const);
  return codecOf(new Map(ids), { schemaOf: async () => undefined });
}

function schemasOf(subjects: readonly Subject[]): (Subject & { schema: AvroRecord })[] {
  const byName = new Map(standaloneSchemas().map((schema) => [schema.name, schema]));
  if (new Set(subjects.map(({ name }) => name)).size < subjects.length)
    throw new Error('a record is listed under two subjects');
  return subjects.map(({ subject, name }) => {
    const schema = byName.get(name);
    if (!schema) throw new Error(`subject ${subject}: there is no schema ${name}`);
    return { subject, name, schema };
  });
}

function codecOf(ids: ReadonlyMap<string, number>, registry: Pick<RegistryClient, 'schemaOf'>): Codec {
  const formats = compileFormats().filter((format) => ids.has(format.name));
  const writers = new Map(formats.map((format) => [format.name, { format, id: ids.get(format.name) as number }]));
  const readers = new Map<number, Reader>(
    [...writers.values()].map(({ format, id }) => [id, { format, resolver: undefined }]),
  );
  const lookUp = writerLookup(registry, formats, (id, reader) => readers.set(id, reader));

  const decodeWith = (reader: Reader, schemaId: number, value: Buffer): DecodedRecord =>
    ({ name: reader.format.name, schemaId, record: read(reader, schemaId, value) }) as DecodedRecord;

  const events = new EventWriter();
  const writerOf = (name: RecordName) => {
    const writer = writers.get(name);
    if (!writer) throw new Error(`${name} has no subject`);
    return writer;
  };

  return {
    encode(name, record) {
      const { format, id } = writerOf(name);
      return write(format, id, record);
    },
    encodeEvent(event, before) {
      const { format, id } = writerOf(event.type);
      return events.write(format, id, event, before) ?? { event, bytes: write(format, id, event) };
    },
    decode(value) {
      const id = readHeader(value);
      const reader = readers.get(id);
      return reader ? decodeWith(reader, id, value) : lookUp(id).then((found) => decodeWith(found, id, value));
    },
  };
}
