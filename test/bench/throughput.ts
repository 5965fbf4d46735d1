import { type BenchEnvironment, say } from './environment.ts';
import { untilFinal } from './final-orders.ts';
import { preloadCommands } from './preload.ts';
import { round, usageDuring } from './process-usage.ts';
import type { UsageByProcess } from './results/cores.ts';

export interface Throughput {
  orders: number;
  seconds: number;
  ordersPerSecond: number;
  /** From the start of the pipeline's process until the first fifth was final. */
  warmUpOrdersPerSecond: number;
  usage: UsageByProcess;
}

/**
 * From a topic full of place commands until all are final in Kafka, Postgres and ClickHouse. The pipeline starts anew; the first fifth warms
 * it up and is not counted: virtual machines compile what they run often.
 */
export async function measureThroughput(environment: BenchEnvironment, orders: number, seed: number): Promise<Throughput> {
  const { installation, stack, pids } = environment;
  if (installation.names.includes('all')) await installation.remove('all', 'SIGTERM');
  say(`preloading ${orders} place commands`);
  const since = new Date();
  await preloadCommands(installation.config, orders, seed);
  await installation.run('all', ['topology/cli.ts', 'run', 'all']);
  const warmUp = await usageDuring(pids, () => untilFinal(stack.addresses, since, Math.round(orders / 5)));
  const measured = await usageDuring(pids, () => untilFinal(stack.addresses, since, orders));
  const counted = orders - warmUp.result;
  const result = {
    orders: counted, seconds: round(measured.seconds), ordersPerSecond: Math.round(counted / measured.seconds),
    warmUpOrdersPerSecond: Math.round(warmUp.result / warmUp.seconds), usage: measured.usage,
  };
  say(`${result.ordersPerSecond} orders a second`);
  return result;
}
