import { COMPATIBILITY, SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import avro from 'avsc';
import type { AvroRecord } from './load.ts';

/** Where the schema of a record is registered. */
export interface Subject {
  /** `<topic>-value` */
  subject: string;
  /** Name of the record. */
  name: string;
}

/** The registry did not answer, or not sensibly. It passes: the same call may be made again. */
export class RegistryUnavailable extends Error {
  override name = 'RegistryUnavailable';
  readonly transient = true;
}

/** Schemas that the registry will not take. Lists every one with the reason. */
export class SchemasRefused extends Error {
  override name = 'SchemasRefused';
  readonly refused: readonly { subject: string; reason: string }[];
  constructor(refused: readonly { subject: string; reason: string }[]) {
    super(
      `the schema registry refuses:\n${refused.map(({ subject, reason }) => `  ${subject}: ${reason}`).join('\n')}`,
    );
    this.refused = refused;
  }
}

const COMPATIBILITY_LEVEL = COMPATIBILITY.BACKWARD_TRANSITIVE;
const REQUEST_TIMEOUT_MS = 5_000;
const MEDIA_TYPE = 'application/vnd.schemaregistry.v1+json';

/** The calls that the codec and registration make, each with its answers told apart from outages. */
export interface RegistryClient {
  /** Ensures the compatibility level of the subject and registers the schema; a repeat answers the same id. */
  register(subject: string, schema: AvroRecord): Promise<{ id: number } | { refused: string }>;
  /** Id of exactly this schema under the subject; undefined where it is not registered. */
  idOf(subject: string, schema: AvroRecord): Promise<number | undefined>;
  /** The Avro schema with the id; undefined where there is none, or it is not Avro. */
  schemaOf(id: number): Promise<avro.Type | undefined>;
}

/** `registryUrl` is the base of the Confluent API. Nothing is asked before the first call. */
export function openRegistry(registryUrl: string): RegistryClient {
  const host = registryUrl.replace(/\/+$/, '');
  const registry = new SchemaRegistry({
    host,
    clientId: 'schema registry',
    middlewares: [() => ({ prepareRequest: async (next) => (await next()).enhance({ timeout: REQUEST_TIMEOUT_MS }) })],
  });
  return {
    async register(subject, schema) {
      await setCompatibility(host, subject);
      const options = { subject, compatibility: COMPATIBILITY_LEVEL };
      return ask(() => registry.register(confluent(schema), options), { 409: refusal, 422: refusal });
    },
    idOf: (subject, schema) =>
      ask(() => registry.getRegistryIdBySchema(subject, confluent(schema)), { 404: () => undefined }),
    async schemaOf(id) {
      const schema: unknown = await ask(() => registry.getSchema(id), {
        404: () => undefined,
        unusable: () => undefined,
      });
      return avro.Type.isType(schema) ? (schema as avro.Type) : undefined;
    },
  };
}

type Confluent = Parameters<SchemaRegistry['register']>[0];
const confluent = (schema: AvroRecord): Confluent => ({ type: 'AVRO', schema: JSON.stringify(schema) }) as Confluent;
const refusal = (reason: string): { refused: string } => ({ refused: reason });

/** A subject that does not exist yet may answer 404; it then gets its level with its first schema. */
async function setCompatibility(host: string, subject: string): Promise<void> {
  const response = await fetch(`${host}/config/${encodeURIComponent(subject)}`, {
    method: 'PUT',
    headers: { 'content-type': MEDIA_TYPE },
    body: JSON.stringify({ compatibility: COMPATIBILITY_LEVEL }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw new RegistryUnavailable(`the schema registry at ${host} does not answer`, { cause });
  });
  await response.body?.cancel();
  if (response.ok || response.status === 404) return;
  throw new RegistryUnavailable(`the schema registry answered ${response.status} to the compatibility of ${subject}`);
}

/** What an answer means: by its status, or `unusable` where it came but the library can make nothing of it. */
type Meanings<Answer> = { readonly [status in number | 'unusable']?: (reason: string) => Answer };

/**
 * Runs a call; faults with a meaning become answers. The library gives network faults status 400, and hides a 404 to a
 * schema.
 */
async function ask<Result, Answer>(call: () => Promise<Result>, meanings: Meanings<Answer>): Promise<Result | Answer> {
  try {
    return await call();
  } catch (error) {
    const { status, name, message } = error as { status?: number; name?: string; message?: string };
    const reason = message ?? String(error);
    const meaning = meanings[status ?? (name === 'ConfluentSchemaRegistryError' ? 404 : 'unusable')];
    if (meaning) return meaning(reason);
    throw new RegistryUnavailable(`the schema registry does not answer: ${reason}`, { cause: error });
  }
}
