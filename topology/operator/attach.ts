import { readRunFile, type RunFile } from '../local/run-file.ts';
import { orderFlow } from '../order-flow.ts';
import { connectKafka, type Kafka } from '../runtime/kafka.ts';
import { loadConfig, type Config } from '../runtime/config.ts';
import { createLog } from '../runtime/log.ts';
import { openCodec, type Codec } from '../../schemas/codec.ts';
import { subjectsOf, topicsOf } from '../topics.ts';

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

/** Kafka and codec of the installation, for commands that read topics. Logs only what goes wrong. */
export async function attach(): Promise<Attached> {
  const config = await attachedConfig();
  const log = createLog('iaros', 'error');
  const kafka = connectKafka({ brokers: config.kafkaBrokers, clientId: 'iaros-cli', log });
  const codec = await openCodec({ registryUrl: config.schemaRegistryUrl, subjects: subjectsOf(topicsOf(orderFlow)) });
  return { config, kafka, codec };
}
