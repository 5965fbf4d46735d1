import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchEnvironment, inEnvironment, machine, say, spread } from './environment.ts';
import { type Latencies, measureLatency } from './latency.ts';
import { happyBodies } from './order-bodies.ts';
import { usageDuring } from './process-usage.ts';
import { measureThroughput, type Throughput } from './throughput.ts';

const ORDERS = Number(process.env.BENCH_ORDERS ?? 30_000);
const RUNS = Number(process.env.BENCH_RUNS ?? 3);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 30);
/** Ten times the mean of ten million orders a day comes in bursts. */
const BURST = { ratePerSecond: 1_160, seconds: 5 };
const RATES = [{ ratePerSecond: 12, seconds: SECONDS }, { ratePerSecond: 120, seconds: SECONDS }, BURST];
const IDLE_SECONDS = 20;
const QUIET_MS = 5_000;

/** The whole installation: orders a second until they are final everywhere, POST to Fulfilled, and what it needs at rest. */
export function measure(): Promise<object> {
  return inEnvironment({ without: ['all'] }, async (environment) => {
    const throughput: Throughput[] = [];
    for (let run = 1; run <= RUNS; run += 1) throughput.push(await measureThroughput(environment, ORDERS, { seed: run, before: (run - 1) * ORDERS }));
    const latency = await latencies(environment);
    say('measuring at rest');
    await sleep(QUIET_MS);
    const idle = await usageDuring(environment.pids, () => sleep(IDLE_SECONDS * 1000));
    return {
      machine: machine(), runs: RUNS,
      throughput: {
        ordersPerSecond: spread(throughput.map((run) => run.ordersPerSecond)),
        warmUpOrdersPerSecond: spread(throughput.map((run) => run.warmUpOrdersPerSecond)),
        lastRun: throughput.at(-1),
      },
      latency,
      idle: { cores: idle.usage },
    };
  });
}

async function latencies({ installation, pids }: BenchEnvironment): Promise<object[]> {
  const bodies = happyBodies();
  await measureLatency(installation.url, bodies, 12, 5);
  const measured: object[] = [];
  for (const { ratePerSecond, seconds } of RATES) {
    const runs: (Latencies & { usage: object })[] = [];
    for (let run = 1; run <= RUNS; run += 1) {
      const { result, usage } = await usageDuring(pids, () => measureLatency(installation.url, bodies, ratePerSecond, seconds));
      say(JSON.stringify(result));
      runs.push({ ...result, usage });
      await sleep(QUIET_MS);
    }
    const of = (pick: (run: Latencies) => number) => spread(runs.map(pick));
    measured.push({
      ratePerSecond, seconds, failed: of((run) => run.failed), p50: of((run) => run.p50), p95: of((run) => run.p95), p99: of((run) => run.p99),
      max: of((run) => run.max), usage: runs.at(-1)?.usage,
    });
  }
  return measured;
}
