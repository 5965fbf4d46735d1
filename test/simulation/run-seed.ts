import { createHash } from 'node:crypto';
import type { Settings } from '../../processors/settings.ts';
import { orderFlow } from '../../topology/order-flow.ts';
import { loadConfig } from '../../topology/runtime/config.ts';
import { COMMANDS_TOPIC } from '../../topology/topics.ts';
import { Coverage } from './coverage.ts';
import { randomFaultPlan } from './fault-plan.ts';
import { scheduleFaults } from './faults.ts';
import { codec, Installation } from './installation.ts';
import { isAtRest, seatCountsOf, verdictOf } from './invariants.ts';
import { randomLayout } from './layout.ts';
import { Random } from './random.ts';
import { returningSeats } from './returning-seats.ts';
import { Scheduler } from './scheduler.ts';
import { Killed } from './simulated-process.ts';
import { Trace } from './trace.ts';
import { simulateWith } from './virtual-globals.ts';
import { workload, type Arrival } from './workload.ts';

export interface SeedResult {
  seed: number;
  violations: string[];
  /** Of everything that happened, in order, and of all that was written. */
  traceHash: string;
  coverage: [string, number][];
  /** Newest lines of the trace, as many as were asked for. */
  trace: readonly string[];
  events: number;
  virtualMs: number;
  statuses: Record<string, number>;
}

const START = Date.UTC(2026, 11, 1, 9);
/** After the faults everything has to come to rest within this time; holds, rebuilds and put-off records included. */
const REST_WITHIN_MS = 300_000;
const CHECK_EVERY_MS = 1_000;
const DEFAULTS = loadConfig({}).settings;

let fault: (error: unknown) => void = () => undefined;
process.on('unhandledRejection', (error) => fault(error));

/** One run: everything in it follows from the seed. */
export async function runSeed(seed: number, { keepTrace = 0 }: { keepTrace?: number } = {}): Promise<SeedResult> {
  const random = new Random(seed);
  const trace = new Trace(START, keepTrace);
  const scheduler = new Scheduler(START, trace);
  const coverage = new Coverage();
  const violations: string[] = [];
  fault = (error) => {
    if (error instanceof Killed) return;
    violations.push(`unhandled: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  };
  let installation: Installation | null = null;
  simulateWith({ scheduler, ids: new Random(seed ^ 0x5bd1e995), lateness: () => installation?.chaos.timerLateness() ?? 0 });
  const settings: Settings = { ...DEFAULTS, holdMs: random.pick([12_000, 20_000, 45_000]), stepRetries: random.int(0, 3) };
  const plan = randomFaultPlan(random);
  const partitions = random.int(1, 3);
  const running = new Installation({ scheduler, random, coverage, plan, partitions, settings, slots: randomLayout(orderFlow.nodes, random) });
  installation = running;
  watchSeats(running, settings, violations, () => scheduler.now);
  try {
    running.start();
    const arrivals = await workload(random, START + CONNECTED_BY_MS, running.keys);
    for (const arrival of arrivals) scheduler.after(CONNECTED_BY_MS + arrival.at, null, 'a command arrives', () => append(running, arrival));
    scheduleFaults(plan, { installation: running, scheduler, random, coverage });
    await scheduler.runUntil(START + plan.untilMs);
    calm(running);
    await scheduler.runUntil(START + CONNECTED_BY_MS + Math.max(...arrivals.map(({ at }) => at)));
    await rest(scheduler, running, () => violations.length > 0);
    const noise = arrivals.filter(({ command }) => command === null).map(({ orderId }) => orderId);
    const verdict = await verdictOf(running, settings, Math.floor(scheduler.now), noise);
    violations.push(...verdict.violations);
    const { statuses } = verdict;
    for (const [status, orders] of Object.entries(statuses)) coverage.saw(`order ends ${status}`, orders);
    trace.note(contentHash(running));
    return {
      seed, violations, statuses, traceHash: trace.hash, coverage: [...coverage.counts], trace: [...trace.lines],
      events: scheduler.events, virtualMs: Math.round(scheduler.now - START),
    };
  } finally {
    running.close();
  }
}

const CONNECTED_BY_MS = 500;

function append({ broker }: Installation, { orderId, command }: Arrival): void {
  const key = Buffer.from(orderId);
  const value = command ? codec.encode('OrderCommand', command) : Buffer.from('noise');
  broker.placeOf(COMMANDS_TOPIC, key, undefined).append([{ key, value, headers: {} }], { producerId: 1, epoch: 0, transactional: false });
}

/** No new faults; what was paused or away comes back. */
function calm(installation: Installation): void {
  installation.chaos.active = false;
  for (const each of installation.processes) installation.resume(each);
  installation.sandbox.faults.clear();
}

async function rest(scheduler: Scheduler, installation: Installation, broken: () => boolean): Promise<void> {
  const end = scheduler.now + REST_WITHIN_MS;
  let calmChecks = 0;
  while (scheduler.now < end && calmChecks < 2 && !broken()) {
    await scheduler.runUntil(scheduler.now + CHECK_EVERY_MS);
    calmChecks = isAtRest(installation) ? calmChecks + 1 : 0;
  }
}

/** At every single write: never more seats taken than authorised, those left out that are on their way back; never fewer than none. */
function watchSeats(installation: Installation, settings: Settings, violations: string[], now: () => number): void {
  const { store } = installation.redis;
  store.onWrite = (key) => {
    if (!key.startsWith('{inv:')) return;
    for (const { flight, bookingClass, held, sold, authorized } of seatCountsOf(key, (each) => store.hash(each), settings)) {
      if (held < 0 || sold < 0) violations.push(`seats_always: ${flight}/${bookingClass} has ${held} held and ${sold} sold`);
      if (held + sold <= authorized) continue;
      const returning = returningSeats(installation, key, bookingClass, now());
      if (held + sold - returning > authorized) violations.push(`seats_always: ${flight}/${bookingClass} has ${held} held and ${sold} sold of ${authorized}`);
    }
  };
}

/** Of all logs and of Redis, as they are in the end. */
function contentHash({ broker, redis: { store } }: Installation): string {
  const hash = createHash('sha256');
  for (const log of broker.logs()) for (const { offset, key, value } of log.records) hash.update(`${log.topic}${log.partition}${offset}${key}`).update(value ?? '');
  for (const key of store.keys().sort()) hash.update(key);
  return hash.digest('hex');
}
