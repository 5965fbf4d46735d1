import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { inEnvironment, say } from './environment.ts';
import { startFixedAnswers } from './fixed-answers.ts';
import { measureLatency, WARM_UP } from './latency.ts';
import type { LookupLatencies, LookupLoad } from './lookup-load.ts';
import { happyBodies } from './order-bodies.ts';
import { usageDuring } from './process-usage.ts';
import type { AvailabilityResult, LookupRuns } from './results/availability.ts';
import { spread } from './results/spread.ts';

const RATE = Number(process.env.BENCH_LOOKUPS ?? 10_000);
/** A million orders a day. */
const ORDERS_PER_SECOND = Number(process.env.BENCH_ORDER_RATE ?? 12);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 10);
const RUNS = Number(process.env.BENCH_RUNS ?? 3);
const CONNECTIONS = 16;
const PIPELINED = 10;
/** A connection that waits for each answer needs a read and a write a request on both sides: fewer go through. */
const SINGLE_RATE = Number(process.env.BENCH_SINGLE_LOOKUPS ?? 2_000);

/**
 * Availability look-ups from a process of their own while orders flow: latency from when each was due, and what the ingress needs for
 * them. First with ten requests a packet, as a proxy in front sends them, then with one; and with ten of a server that does nothing for its
 * answers, which tells what the machine itself allows.
 */
export function measure(): Promise<AvailabilityResult> {
  return inEnvironment({}, async ({ installation, pids }) => {
    const bodies = happyBodies();
    const orders = (seconds: number) => measureLatency(installation.url, bodies, ORDERS_PER_SECOND, seconds);
    say('warming up');
    await measureLatency(installation.url, bodies, WARM_UP.ratePerSecond, WARM_UP.seconds);
    await Promise.all([orders(5), load(installation.url, { ratePerSecond: RATE / 2, seconds: 5, together: PIPELINED })]);
    say(`orders alone, ${ORDERS_PER_SECOND} a second`);
    const alone = await usageDuring(pids, () => orders(SECONDS));
    const api: Asked = { what: 'the API', url: installation.url, pid: () => pids().ingress as number };
    const pipelined = await repeat(api, orders, RATE, PIPELINED);
    const single = await repeat(api, orders, SINGLE_RATE, 1);
    const server = await startFixedAnswers(Math.round(pipelined.bytesEach.median));
    const fixed = await repeat({ what: 'fixed answers', url: server.url, pid: () => server.pid }, orders, RATE, PIPELINED).finally(() => server.stop());
    say('at rest');
    await sleep(3_000);
    const idle = await usageDuring(pids, () => sleep(10_000));
    return {
      seconds: SECONDS, ordersPerSecond: ORDERS_PER_SECOND,
      ordersAlone: { ...alone.result, ingressCores: alone.usage.ingress?.cores ?? Number.NaN },
      pipelined, single, fixed,
      idleCores: idle.usage.ingress?.cores ?? Number.NaN,
    };
  });
}

/** Who is asked. */
interface Asked {
  what: string;
  url: string;
  pid(): number;
}

async function repeat(asked: Asked, orders: (seconds: number) => Promise<unknown>, ratePerSecond: number, together: number): Promise<LookupRuns> {
  const runs: (LookupLatencies & { cores: number })[] = [];
  for (let run = 1; run <= RUNS; run += 1) {
    say(`${ratePerSecond} look-ups a second, ${together} a packet, of ${asked.what}, run ${run}`);
    const ordering = orders(SECONDS);
    const { result, usage } = await usageDuring(() => ({ asked: asked.pid() }), () => load(asked.url, { ratePerSecond, seconds: SECONDS, together }));
    runs.push({ ...result, cores: usage.asked?.cores ?? Number.NaN });
    await ordering;
    say(JSON.stringify(result));
  }
  const of = (pick: (run: LookupLatencies & { cores: number }) => number) => spread(runs.map(pick));
  return {
    ratePerSecond, together, runs: RUNS,
    answersPerSecond: of((run) => run.answersPerSecond), failed: of((run) => run.failed), bytesEach: of((run) => run.bytesEach),
    p50: of((run) => run.p50), p95: of((run) => run.p95), p99: of((run) => run.p99), max: of((run) => run.max),
    sentLateP99: of((run) => run.sentLateP99), cores: of((run) => run.cores),
  };
}

async function load(url: string, given: Omit<LookupLoad, 'url' | 'connections'>): Promise<LookupLatencies> {
  const wanted: LookupLoad = { url, connections: CONNECTIONS, ...given };
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'lookup-load.ts'), JSON.stringify(wanted)]);
  return JSON.parse(stdout) as LookupLatencies;
}
