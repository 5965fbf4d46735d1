import { compile } from './avro.ts';
import type { Format, Reader } from './format.ts';
import type { RegistryClient } from './registry.ts';
import { Undecodable } from './wire.ts';

const UNKNOWN_FOR_MS = 5_000;
const MAX_UNKNOWN = 10_000;

/**
 * Finds readers for schemas of other writers, each asked for once and kept. Ids that lead nowhere are remembered for a
 * few seconds: the schema may be registered yet. Fails with Undecodable `unknown_schema`, or RegistryUnavailable.
 */
export function writerLookup(
  registry: Pick<RegistryClient, 'schemaOf'>,
  formats: readonly Format[],
  found: (schemaId: number, reader: Reader) => void,
  clock: () => number = () => performance.now(),
): (schemaId: number) => Promise<Reader> {
  const byFullName = new Map(formats.map((format) => [format.type.name, format]));
  const pending = new Map<number, Promise<Reader>>();
  const unknown = new Map<number, { until: number; fault: Undecodable }>();

  async function find(schemaId: number): Promise<Reader> {
    const writer = schemaId > 0 ? await registry.schemaOf(schemaId) : undefined;
    if (!writer) throw refuse(schemaId, 'the registry has no Avro schema of it');
    const format = byFullName.get(writer.name);
    if (!format) throw refuse(schemaId, 'it is of no record known here');
    try {
      const reader = { format, resolver: format.type.createResolver(compile(writer.schema({ exportAttrs: true }))) };
      found(schemaId, reader);
      return reader;
    } catch (cause) {
      throw refuse(schemaId, `it cannot be read as ${format.name}`, cause);
    }
  }

  function refuse(schemaId: number, reason: string, cause?: unknown): Undecodable {
    const fault = new Undecodable('unknown_schema', `schema id ${schemaId}: ${reason}`, { schemaId, cause });
    if (unknown.size >= MAX_UNKNOWN) unknown.clear();
    unknown.set(schemaId, { until: clock() + UNKNOWN_FOR_MS, fault });
    return fault;
  }

  return async (schemaId) => {
    const refused = unknown.get(schemaId);
    if (refused && refused.until > clock()) throw refused.fault;
    const running = pending.get(schemaId) ?? find(schemaId).finally(() => pending.delete(schemaId));
    pending.set(schemaId, running);
    return running;
  };
}
