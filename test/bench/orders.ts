import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchEnvironment, inEnvironment, say } from './environment.ts';
import { type Latencies, measureLatency, WARM_UP } from './latency.ts';
import { happyBodies } from './order-bodies.ts';
import { usageDuring } from './process-usage.ts';
import { coresOfProduct, type UsageByProcess } from './results/cores.ts';
import type { LatencyAtRate, OrdersResult } from './results/orders.ts';
import { type Spread, spread } from './results/spread.ts';
import { measureThroughput, type Throughput } from './throughput.ts';

const ORDERS = Number(process.env.BENCH_ORDERS ?? 50_000);
const RUNS = Number(process.env.BENCH_RUNS ?? 3);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 30);
/** Ten times the mean of ten million orders a day comes in bursts. */
const BURST = { ratePerSecond: 1_160, seconds: 5 };
const RATES = [{ ratePerSecond: 12, seconds: SECONDS }, { ratePerSecond: 120, seconds: SECONDS }, BURST];
const IDLE_SECONDS = 20;
const QUIET_MS = 5_000;

/** The whole installation: POST to Fulfilled and what it needs at rest; and on a new one orders a second until they are final everywhere. */
export async function measure(): Promise<OrdersResult> {
  const waited = await inEnvironment({}, async (environment) => ({ latency: await latencies(environment), idle: await atRest(environment) }));
  return { runs: RUNS, throughput: await inEnvironment({ without: ['all'] }, throughputs), ...waited };
}

async function throughputs(environment: BenchEnvironment): Promise<OrdersResult['throughput']> {
  const runs: Throughput[] = [];
  for (let run = 1; run <= RUNS; run += 1) runs.push(await measureThroughput(environment, ORDERS, run));
  const of = (pick: (run: Throughput) => number): Spread => spread(runs.map(pick));
  return {
    ordersPerSecond: of((run) => run.ordersPerSecond), warmUpOrdersPerSecond: of((run) => run.warmUpOrdersPerSecond),
    seconds: of((run) => run.seconds), orders: of((run) => run.orders), usage: runs.at(-1)?.usage ?? {},
  };
}

async function latencies({ installation, pids }: BenchEnvironment): Promise<LatencyAtRate[]> {
  const bodies = happyBodies();
  await measureLatency(installation.url, bodies, WARM_UP.ratePerSecond, WARM_UP.seconds);
  const measured: LatencyAtRate[] = [];
  for (const { ratePerSecond, seconds } of RATES) {
    const runs: (Latencies & { usage: UsageByProcess })[] = [];
    for (let run = 1; run <= RUNS; run += 1) {
      const { result, usage } = await usageDuring(pids, () => measureLatency(installation.url, bodies, ratePerSecond, seconds));
      say(JSON.stringify(result));
      runs.push({ ...result, usage });
      await sleep(QUIET_MS);
    }
    const of = (pick: (run: Latencies) => number): Spread => spread(runs.map(pick));
    measured.push({
      ratePerSecond, seconds, failed: of((run) => run.failed + run.endedOtherwise), p50: of((run) => run.p50), p95: of((run) => run.p95), p99: of((run) => run.p99),
      max: of((run) => run.max), usage: runs.at(-1)?.usage ?? {},
    });
  }
  return measured;
}

async function atRest({ pids }: BenchEnvironment): Promise<OrdersResult['idle']> {
  say('measuring at rest');
  await sleep(QUIET_MS);
  const runs: UsageByProcess[] = [];
  for (let run = 1; run <= RUNS; run += 1) runs.push((await usageDuring(pids, () => sleep(IDLE_SECONDS * 1000))).usage);
  return { seconds: IDLE_SECONDS, productCores: spread(runs.map(coresOfProduct)), usage: runs.at(-1) ?? {} };
}
