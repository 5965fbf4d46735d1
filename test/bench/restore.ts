import { spawn } from 'node:child_process';
import { Redis } from 'ioredis';
import { openCodec } from '../../schemas/codec.ts';
import { orderFlow } from '../../topology/order-flow.ts';
import { connectKafka } from '../../topology/runtime/kafka.ts';
import { createLog } from '../../topology/runtime/log.ts';
import { subjectsOf, topicsOf } from '../../topology/topics.ts';
import { type BenchEnvironment, inEnvironment, say } from './environment.ts';
import { preloadLiveHolds } from './live-holds.ts';
import { usageOf } from './process-usage.ts';
import type { RestoreResult } from './results/restore.ts';

const ORDERS = Number(process.env.BENCH_LIVE_ORDERS ?? 1_000_000);
const WATCH_MS = 100;

/** How long the pipeline takes to come up where Redis has lost the state of so many live orders, and the memory of making it anew. */
export function measure(): Promise<RestoreResult> {
  return inEnvironment({ without: ['all', 'postgres-sink', 'clickhouse-sink', 'ingress'] }, async (environment) => {
    const { installation } = environment;
    const { config } = installation;
    const kafka = connectKafka({ brokers: config.kafkaBrokers, clientId: 'bench', log: createLog('bench', 'error') });
    const codec = await openCodec({ registryUrl: config.schemaRegistryUrl, subjects: subjectsOf(topicsOf(orderFlow)) });
    say(`writing ${ORDERS} live holds`);
    await preloadLiveHolds(kafka, codec, ORDERS);
    const redis = new Redis(config.redisUrl);
    await redis.flushall();
    say('rebuilding');
    const rebuild = await rebuildWatched(environment);
    await redis.flushall();
    say('starting the pipeline on an empty Redis');
    const started = performance.now();
    await installation.run('all', ['topology/cli.ts', 'run', 'all']);
    const startSeconds = (performance.now() - started) / 1000;
    const redisMemoryMb = Math.round(Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1] ?? 0) / 2 ** 20);
    redis.disconnect();
    return { orders: ORDERS, rebuild, pipelineStartSeconds: startSeconds, redisMemoryMb };
  });
}

/** `iaros rebuild` in a process of its own: its own account, its CPU and its largest memory. */
async function rebuildWatched({ installation, stack }: BenchEnvironment): Promise<RestoreResult['rebuild']> {
  const env = { ...(process.env as Record<string, string>), ...installation.env, NODE_ENV: 'production' };
  const redisBefore = usageOf(stack.pids().redis as number).cpuSeconds;
  const kafkaBefore = usageOf(stack.pids().kafka as number).cpuSeconds;
  const child = spawn(process.execPath, ['topology/cli.ts', 'rebuild'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const started = performance.now();
  let used = usageOf(child.pid as number);
  let peakMb = 0;
  const watch = setInterval(() => {
    used = usageOf(child.pid as number);
    peakMb = Math.max(peakMb, used.residentMb);
  }, WATCH_MS);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearInterval(watch);
  if (code !== 0) throw new Error(`the rebuild ended with ${code}`);
  return {
    seconds: (performance.now() - started) / 1000,
    peakMb,
    cpuSeconds: {
      rebuild: used.cpuSeconds,
      redis: usageOf(stack.pids().redis as number).cpuSeconds - redisBefore,
      kafka: usageOf(stack.pids().kafka as number).cpuSeconds - kafkaBefore,
    },
  };
}
