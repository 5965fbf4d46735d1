import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { demoAirline } from '../../connectors/demo-airline/index.ts';
import { Random } from '../../topology/demo/random.ts';
import { LookupLine } from './lookup-line.ts';

export interface LookupLoad {
  url: string;
  ratePerSecond: number;
  seconds: number;
  connections: number;
  /** Requests that a connection sends at once, without waiting for an answer between them. */
  together: number;
  /** At the same rate before anything is counted: until then the load's own process compiles, and makes its look-ups late. 3 s as a rule. */
  warmUpSeconds?: number;
}

export interface LookupLatencies {
  answered: number;
  answersPerSecond: number;
  /** Answers that were not 200. */
  failed: number;
  /** ms from when the request was due, lateness of this process included. */
  p50: number;
  p95: number;
  p99: number;
  max: number;
  /** How much of that was over before the request was sent, as this process had no turn; ms. */
  sentLateP50: number;
  sentLateP99: number;
  /** Length of an answer, head and body, on average. */
  bytesEach: number;
}

const WARM_UP_SECONDS = 3;

/** Look-ups as a shop makes them: any date of the next 60 days; a pair of cities as a rule, sometimes a flight, sometimes all from a city. */
function targetsOf(count: number): string[] {
  const random = new Random(11);
  const airline = demoAirline();
  const dates = Array.from({ length: 60 }, (_, at) => new Date(Date.now() + at * 86_400_000).toISOString().slice(0, 10));
  return Array.from({ length: count }, () => {
    const date = random.pick(dates);
    const { flightNumber, origin, destination } = random.pick(airline.flightsOn(date));
    const kind = random.int(0, 99);
    const what = kind < 85 ? `origin=${origin}&destination=${destination}` : kind < 95 ? `flightNumber=${flightNumber}` : `origin=${origin}`;
    const passengers = random.chance(50) ? '' : `&passengers=${random.int(1, 3)}`;
    return `/api/v1/inventory/availability?date=${date}&${what}${passengers}`;
  });
}

/** What is written at once, made ahead: `together` look-ups each. */
function packetsOf(host: string, together: number): Buffer[] {
  const requests = targetsOf(20_000).map((target) => `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nAccept: application/json\r\nUser-Agent: lookup-load\r\n\r\n`);
  return Array.from({ length: requests.length / together }, (_, at) => Buffer.from(requests.slice(at * together, (at + 1) * together).join(''), 'latin1'));
}

/** A number for each look-up, in ms; room for all of them from the beginning. */
class Times {
  readonly #values: Float64Array;
  count = 0;

  constructor(most: number) {
    this.#values = new Float64Array(most);
  }

  add(value: number): void {
    this.#values[this.count] = value;
    this.count += 1;
  }

  /** The value below which a share of the values lies, to a hundredth. */
  at(share: number): number {
    const sorted = this.#values.subarray(0, this.count).sort();
    return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 100) / 100;
  }
}

/** Sends at a steady rate, whatever the answers do, and waits for the last of them. */
export async function runLookups({ url, ratePerSecond, seconds, connections, together, warmUpSeconds = WARM_UP_SECONDS }: LookupLoad): Promise<LookupLatencies> {
  const { hostname, port, host } = new URL(url);
  const packets = packetsOf(host, together);
  const packetMs = (1000 * together) / ratePerSecond;
  const [uncounted, sent] = [warmUpSeconds, warmUpSeconds + seconds].map((until) => Math.floor((until * 1000) / packetMs)) as [number, number];
  const times = new Times((sent - uncounted) * together);
  const lateness = new Times(sent - uncounted);
  let failed = 0;
  let countsFrom = Number.POSITIVE_INFINITY;
  const onAnswer = (dueAt: number, status: number): void => {
    if (dueAt >= countsFrom) times.add(performance.now() - dueAt);
    if (status !== 200) failed += 1;
  };
  const lines = await Promise.all(Array.from({ length: connections }, () => connected(hostname, Number(port), onAnswer)));
  const begun = performance.now();
  countsFrom = begun + uncounted * packetMs;
  for (let packet = 0; packet < sent; ) {
    const due = Math.min(sent, Math.floor((performance.now() - begun) / packetMs) + 1);
    for (; packet < due; packet += 1) {
      const dueAt = begun + packet * packetMs;
      if (packet >= uncounted) lateness.add(performance.now() - dueAt);
      lines[packet % lines.length]?.send(packets[packet % packets.length] as Buffer, together, dueAt);
    }
    await sleep(1);
  }
  const waiting = (): boolean => lines.some((line) => line.waiting > 0);
  for (const deadline = performance.now() + 10_000; waiting() && performance.now() < deadline; ) await sleep(5);
  const took = (performance.now() - countsFrom) / 1000;
  const unanswered = lines.reduce((sum, line) => sum + line.waiting, 0);
  for (const line of lines) line.close();
  return {
    answered: times.count, answersPerSecond: Math.round(times.count / took), failed: failed + unanswered,
    p50: times.at(0.5), p95: times.at(0.95), p99: times.at(0.99), max: times.at(1), sentLateP50: lateness.at(0.5), sentLateP99: lateness.at(0.99),
    bytesEach: Math.round(lines.reduce((sum, line) => sum + line.received, 0) / (sent * together)),
  };
}

function connected(host: string, port: number, onAnswer: (dueAt: number, status: number) => void): Promise<LookupLine> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true }, () => resolve(new LookupLine(socket, onAnswer)));
    socket.once('error', reject);
  });
}

/** As a process of its own: the load as JSON in, the latencies as JSON out. */
if (process.argv[1] === import.meta.filename) console.log(JSON.stringify(await runLookups(JSON.parse(process.argv[2] as string) as LookupLoad)));
