import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { migrateClickHouse } from '../../connectors/clickhouse/migrate.ts';
import { migratePostgres } from '../../connectors/postgres/migrate.ts';
import { RegistryUnavailable, registerSchemas } from '../../schemas/codec.ts';
import { orderFlow } from '../order-flow.ts';
import { groupOf, subjectsOf, type Topic, topicsOf } from '../topics.ts';
import type { Config } from './config.ts';
import { messageOf } from './errors.ts';
import { connectKafka, type Kafka, transactionalProducer, withAdmin } from './kafka.ts';
import { byTopic, partitionsOf, withCluster } from './kafka-cluster.ts';
import { createLog } from './log.ts';
import { checkPartitions } from './partition-count.ts';
import { ProvisionFault } from './provision-fault.ts';
import { awaitLeaders, untilReady } from './topic-leaders.ts';

type ProvisionConfig = Pick<Config, 'kafkaBrokers' | 'schemaRegistryUrl' | 'databaseUrl' | 'clickhouseUrl' | 'partitions' | 'environment'>;

/**
 * Makes the servers ready for the flow: topics, schemas, tables. Changes nothing that is there already, so any process may call it at any
 * time. Resolves once records can be produced and consumed. Throws ProvisionFault.
 */
export async function provision(config: ProvisionConfig, options: { log?: Logger; registryPatienceMs?: number } = {}): Promise<void> {
  const { log = createLog('provision', 'warn'), registryPatienceMs = REGISTRY_PATIENCE_MS } = options;
  const topics = topicsOf(orderFlow);
  const kafka = connectKafka({ brokers: config.kafkaBrokers, clientId: 'iaros-provision', log, requestTimeoutMs: REQUEST_TIMEOUT_MS });
  const started = Date.now();
  await allOf({
    Kafka: async () => {
      await provisionTopics(kafka, topics, { partitions: config.partitions, log });
      await warmCoordinators(kafka, orderFlow.nodes.map(({ name }) => groupOf(name)), `${config.environment}.provision`);
    },
    'The schema registry': () => patiently(() => registerSchemas({ registryUrl: config.schemaRegistryUrl, subjects: subjectsOf(topics) }), registryPatienceMs, log),
    Postgres: async () => logMigrations(log, 'Postgres', await migratePostgres(config.databaseUrl)),
    ClickHouse: async () => logMigrations(log, 'ClickHouse', await migrateClickHouse(config.clickhouseUrl)),
  });
  log.info({ topics: topics.length, ms: Date.now() - started }, 'topics, schemas and tables are in place');
}

/** A registry that has only just started answers slowly, and registering is safe to repeat. */
async function patiently(register: () => Promise<void>, patienceMs: number, log: Logger): Promise<void> {
  for (const deadline = Date.now() + patienceMs; ; ) {
    try {
      return await register();
    } catch (error) {
      if (!(error instanceof RegistryUnavailable) || Date.now() > deadline) throw error;
      log.info({ reason: error.message }, 'the schema registry is asked again');
      await sleep(RETRY_PAUSE_MS);
    }
  }
}

async function allOf(parts: Record<string, () => Promise<void>>): Promise<void> {
  const results = await Promise.allSettled(Object.entries(parts).map(async ([name, run]) => {
    await run().catch((error: unknown) => {
      throw error instanceof ProvisionFault ? error : new ProvisionFault([`${name}: ${messageOf(error)}`]);
    });
  }));
  const faults = results.flatMap((result) => (result.status === 'rejected' ? (result.reason as ProvisionFault).faults : []));
  if (faults.length > 0) throw new ProvisionFault(faults);
}

function logMigrations(log: Logger, server: string, applied: readonly string[]): void {
  if (applied.length > 0) log.info({ server, applied }, 'migrations applied');
}

/** Creates the topics that are missing and waits until every partition of all of them has a leader that answers. */
export async function provisionTopics(kafka: Kafka, topics: readonly Topic[], { partitions, log }: { partitions: number; log: Logger }): Promise<void> {
  const wanted = topics.map((topic) => ({ ...topic, partitions: topic.partitions === 'flow' ? partitions : topic.partitions }));
  await withAdmin(kafka, async (admin) => {
    const present = new Set(await admin.listTopics());
    await checkPartitions(admin, wanted.filter(({ name }) => present.has(name)));
    const missing = wanted.filter(({ name }) => !present.has(name));
    if (missing.length === 0) return;
    const { brokers } = await admin.describeCluster();
    await admin.createTopics({
      timeout: CREATE_TIMEOUT_MS,
      waitForLeaders: false,
      topics: missing.map((topic) => ({
        topic: topic.name,
        numPartitions: topic.partitions,
        replicationFactor: Math.min(3, brokers.length),
        configEntries: configOf(topic, brokers.length),
      })),
    });
    log.info({ created: missing.length, replicas: Math.min(3, brokers.length) }, 'topics created');
  });
  await awaitLeaders(kafka, wanted);
}

const CREATE_TIMEOUT_MS = 14_000;
/** Making all topics at once takes a small broker its time. */
const REQUEST_TIMEOUT_MS = 30_000;
const REGISTRY_PATIENCE_MS = 15_000;
const RETRY_PAUSE_MS = 50;
/** Compaction never touches the segment being written: small ones let it begin early. */
const COMPACTED: Record<string, string> = { 'segment.bytes': String(64 * 1024 * 1024), 'min.cleanable.dirty.ratio': '0.2' };

function configOf({ cleanup, retentionMs }: Topic, brokers: number): { name: string; value: string }[] {
  const entries = {
    'cleanup.policy': cleanup,
    'retention.ms': String(retentionMs),
    'min.insync.replicas': brokers >= 3 ? '2' : '1',
    'message.timestamp.type': 'CreateTime',
    ...(cleanup === 'compact' ? COMPACTED : {}),
  };
  return Object.entries(entries).map(([name, value]) => ({ name, value }));
}

/** The first group and the first transaction of a cluster make Kafka create topics of its own; meanwhile it answers with errors. */
async function warmCoordinators(kafka: Kafka, groups: readonly string[], transactionalId: string): Promise<void> {
  const [topic] = topicsOf(orderFlow);
  if (!topic) return;
  await untilReady('group coordinators do not answer yet', () =>
    withCluster(kafka, [topic.name], async (cluster) => {
      const asked = byTopic(partitionsOf(cluster, topic.name).map(({ partitionId }) => ({ topic: topic.name, partitionId })), ({ partitionId }) => ({ partition: partitionId }));
      await Promise.all(groups.map(async (groupId) => (await cluster.findGroupCoordinator({ groupId })).offsetFetch({ groupId, topics: asked })));
    }),
  );
  await untilReady('the transaction coordinator does not answer yet', async () => {
    const producer = transactionalProducer(kafka, transactionalId);
    try {
      await producer.connect();
      await (await producer.transaction()).abort();
    } finally {
      await producer.disconnect();
    }
  });
}
