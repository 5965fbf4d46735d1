import { openCodec, type Codec } from '../../schemas/codec.ts';
import { readRunFile, type RunFile } from '../local/run-file.ts';
import { orderFlow } from '../order-flow.ts';
import { loadConfig, type Config } from '../runtime/config.ts';
import { connectKafka, type Kafka } from '../runtime/kafka.ts';
import { createLog } from '../runtime/log.ts';
import { subjectsOf, topicsOf } from '../topics.ts';
import { requireReachable, type Server } from './reachable.ts';

/**
 * The configuration of the installation that runs here: addresses of the environment, and for what it leaves open those that a running
 * `npm start` wrote to its data folder.
 */
export async function attachedConfig(): Promise<Config> {
  const running = await readRunFile(loadConfig().dataDir);
  return loadConfig({ ...(running ? environmentOf(running) : {}), ...process.env });
}

function environmentOf({ addresses, port, sandboxUrl }: RunFile): Record<string, string | undefined> {
  return {
    KAFKA_BROKERS: addresses.kafkaBrokers.join(','),
    SCHEMA_REGISTRY_URL: addresses.schemaRegistryUrl,
    REDIS_URL: addresses.redisUrl,
    DATABASE_URL: addresses.databaseUrl,
    CLICKHOUSE_URL: addresses.clickhouseUrl,
    IAROS_SANDBOX_URL: sandboxUrl,
    IAROS_PORT: port?.toString(),
  };
}

export interface Attached {
  config: Config;
  kafka: Kafka;
  codec: Codec;
}

/** Servers a command may need beside Kafka and the registry, which all need that attach. */
const FURTHER = {
  redis: ({ redisUrl }: Config): Server => ({ name: 'Redis', addresses: [redisUrl] }),
  postgres: ({ databaseUrl }: Config): Server => ({ name: 'Postgres', addresses: [databaseUrl] }),
  clickhouse: ({ clickhouseUrl }: Config): Server => ({ name: 'ClickHouse', addresses: [clickhouseUrl] }),
  sandbox: ({ sandboxUrl }: Config): Server => ({ name: 'the sandbox', addresses: [sandboxUrl] }),
} as const;

/** Kafka and codec of the installation, for commands that read topics. Throws one sentence where a server that is needed does not answer. */
export async function attach(needs: readonly (keyof typeof FURTHER)[] = []): Promise<Attached> {
  const config = await attachedConfig();
  await requireReachable([
    { name: 'Kafka', addresses: config.kafkaBrokers },
    { name: 'the schema registry', addresses: [config.schemaRegistryUrl] },
    ...needs.map((need) => FURTHER[need](config)),
  ]);
  const kafka = connectKafka({ brokers: config.kafkaBrokers, clientId: 'iaros-cli', log: createLog('iaros', 'error') });
  const codec = await openCodec({ registryUrl: config.schemaRegistryUrl, subjects: subjectsOf(topicsOf(orderFlow)) });
  return { config, kafka, codec };
}
