import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadKafkajs } from '../runtime/kafkajs-patches.ts';
import { LocalFault } from './fault.ts';
import { findJava, rootCause } from './java.ts';
import { fetchJars } from './maven.ts';
import type { ForwardedListener, Part, PartContext } from './part.ts';
import type { ServerPorts } from './ports.ts';
import { ServerProcess } from './server-process.ts';

/** One Kafka node, broker and controller in one, from the jars of pom.xml. Its log lives in `<dataDir>/kafka`. */
export async function startKafka(context: PartContext): Promise<Part> {
  const [java, jars] = await Promise.all([findJava(context.env), fetchJars(context)]);
  const folder = join(context.dataDir, 'kafka');
  await mkdir(folder, { recursive: true });
  const properties = join(folder, 'server.properties');
  const logging = join(folder, 'log4j2.properties');
  await writeFile(properties, serverProperties(folder, context.ports, context.kafkaForwarded));
  await writeFile(logging, LOGGING);
  const classpath = await kafkaClasspath(jars);
  if (!existsSync(join(folder, 'log', 'meta.properties'))) await format(java, classpath, properties);
  const clusterId = await clusterIdIn(folder);
  const address = `127.0.0.1:${context.ports.kafka}`;
  const server = new ServerProcess(
    {
      name: 'kafka',
      command: java,
      args: [...JVM, `-Dlog4j2.configurationFile=${logging}`, '-cp', classpath, 'kafka.Kafka', properties],
      isHealthy: async () => answers([address], clusterId),
    },
    context,
  );
  await server.start();
  return { service: 'Kafka', found: 'Maven, Kafka 4.4.0', address, process: server };
}

/**
 * Resolves once every given broker address leads to a cluster that knows its brokers; where an id is given, to no other cluster: a stack that
 * started at the same instant may have taken the port.
 */
export async function answers(brokers: string[], clusterId?: string): Promise<void> {
  const { Kafka, logLevel } = loadKafkajs();
  const admin = new Kafka({
    clientId: 'iaros-health',
    brokers,
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    retry: { retries: 0 },
  }).admin();
  try {
    await admin.connect();
    const cluster = await admin.describeCluster();
    if (cluster.brokers.length === 0) throw new Error('no broker has joined the cluster yet');
    if (clusterId !== undefined && cluster.clusterId !== clusterId) throw new Error(`another cluster answers, ${cluster.clusterId}`);
  } finally {
    await admin.disconnect();
  }
}

/** The id its data folder was made with. */
async function clusterIdIn(folder: string): Promise<string> {
  const properties = await readFile(join(folder, 'log', 'meta.properties'), 'utf8');
  const [, id] = /^cluster\.id=(\S+)$/m.exec(properties) ?? [];
  if (!id) throw new LocalFault(`Kafka's data folder ${folder} names no cluster: start with fresh data.`);
  return id;
}

const JVM = [
  '-Xms512m',
  '-Xmx1g',
  // Nearly all that a broker makes is gone at the next collection. G1 would mark the rest again and again on a heap this small, and make each
  // write of a reference dearer.
  '-XX:+UseParallelGC',
  '-Xmn256m',
  '-Xshare:auto',
  // The optimising compiler takes as much of a small machine as everything else in the first minutes, which is how long a local stack lives.
  '-XX:TieredStopAtLevel=1',
];

const LOGGING = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %p %m (%c)%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
`;

/** The configuration of a single node: one copy of everything, topics only where they are declared, no waiting for late members. */
export function serverProperties(
  folder: string,
  ports: Pick<ServerPorts, 'kafka' | 'kafkaController'>,
  forwarded?: ForwardedListener,
): string {
  const broker = `BROKER://127.0.0.1:${ports.kafka}`;
  const further = forwarded ? { listener: `,FORWARDED://127.0.0.1:${forwarded.port}`, protocol: ',FORWARDED:PLAINTEXT' } : null;
  const properties: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${ports.kafkaController}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'BROKER',
    'listener.security.protocol.map': `BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT${further?.protocol ?? ''}`,
    listeners: `${broker},CONTROLLER://127.0.0.1:${ports.kafkaController}${further?.listener ?? ''}`,
    'advertised.listeners': forwarded ? `${broker},FORWARDED://${forwarded.advertised}` : broker,
    'log.dirs': join(folder, 'log'),
    'auto.create.topics.enable': false,
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'unclean.leader.election.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 6,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 6,
    'transaction.max.timeout.ms': 60_000,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'log.cleaner.backoff.ms': 15_000,
    'log.message.timestamp.type': 'CreateTime',
    'num.network.threads': 3,
    'num.io.threads': 4,
    'num.recovery.threads.per.data.dir': 2,
  };
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

/** Kafka's own jars: the archives of the other servers stay off its class path. */
async function kafkaClasspath(jars: string): Promise<string> {
  const names = (await readdir(jars)).filter((name) => name.endsWith('.jar') && !name.startsWith('embedded-redis'));
  return names.map((name) => join(jars, name)).join(':');
}

async function format(java: string, classpath: string, properties: string): Promise<void> {
  const clusterId = randomBytes(16).toString('base64url');
  const args = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', classpath, 'kafka.tools.StorageTool', 'format'];
  try {
    await promisify(execFile)(java, [...args, `--cluster-id=${clusterId}`, '-c', properties]);
  } catch (error) {
    throw new LocalFault(`Kafka could not prepare its data folder: ${rootCause((error as Error).message)}`);
  }
}
