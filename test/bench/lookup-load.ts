import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { demoAirline } from '../../connectors/demo-airline/index.ts';
import { Random } from '../../topology/demo/random.ts';

export interface LookupLoad {
  url: string;
  ratePerSecond: number;
  seconds: number;
  connections: number;
  /** Requests that a connection sends at once, without waiting for an answer between them. */
  together: number;
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
  megabytes: number;
}

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

/** One connection: what it sent and when each of these requests was due. */
class Line {
  readonly #socket: Socket;
  readonly #due: number[] = [];
  readonly #onAnswer: (dueAt: number, status: number) => void;
  #rest: Buffer = Buffer.alloc(0);
  received = 0;

  constructor(socket: Socket, onAnswer: (dueAt: number, status: number) => void) {
    this.#socket = socket;
    this.#onAnswer = onAnswer;
    socket.on('data', (chunk) => this.#read(chunk));
  }

  send(requests: string, count: number, dueAt: number): void {
    for (let sent = 0; sent < count; sent += 1) this.#due.push(dueAt);
    this.#socket.write(requests, 'latin1');
  }

  get waiting(): number {
    return this.#due.length;
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.received += chunk.length;
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = 0;
    for (;;) {
      const end = bytes.indexOf('\r\n\r\n', at, 'latin1');
      if (end < 0) break;
      const head = bytes.toString('latin1', at, end);
      const next = end + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (next > bytes.length) break;
      this.#onAnswer(this.#due.shift() ?? Number.NaN, Number(head.slice(9, 12)));
      at = next;
    }
    this.#rest = at === 0 && bytes !== chunk ? bytes : Buffer.from(bytes.subarray(at));
  }
}

/** Sends at a steady rate, whatever the answers do, and waits for the last of them. */
export async function runLookups({ url, ratePerSecond, seconds, connections, together }: LookupLoad): Promise<LookupLatencies> {
  const { hostname, port, host } = new URL(url);
  const targets = targetsOf(20_000);
  const times: number[] = [];
  let failed = 0;
  const onAnswer = (dueAt: number, status: number): void => {
    times.push(performance.now() - dueAt);
    if (status !== 200) failed += 1;
  };
  const lines = await Promise.all(
    Array.from({ length: connections }, () => new Promise<Line>((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true }, () => resolve(new Line(socket, onAnswer)));
      socket.once('error', reject);
    })),
  );
  const requestFor = (at: number): string => `GET ${targets[at % targets.length]} HTTP/1.1\r\nHost: ${host}\r\nAccept: application/json\r\nUser-Agent: lookup-load\r\n\r\n`;
  const batches = Math.floor((ratePerSecond * seconds) / together);
  const batchMs = (1000 * together) / ratePerSecond;
  const begun = performance.now();
  for (let batch = 0; batch < batches; ) {
    const due = Math.min(batches, Math.floor((performance.now() - begun) / batchMs) + 1);
    for (; batch < due; batch += 1) {
      const requests = Array.from({ length: together }, (_, at) => requestFor(batch * together + at)).join('');
      lines[batch % lines.length]?.send(requests, together, begun + batch * batchMs);
    }
    await sleep(1);
  }
  const waiting = (): boolean => lines.some((line) => line.waiting > 0);
  for (const deadline = performance.now() + 10_000; waiting() && performance.now() < deadline; ) await sleep(5);
  const took = (performance.now() - begun) / 1000;
  const unanswered = lines.reduce((sum, line) => sum + line.waiting, 0);
  for (const line of lines) line.close();
  const sorted = Float64Array.from(times).sort();
  const at = (share: number): number => Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 100) / 100;
  return {
    answered: times.length, answersPerSecond: Math.round(times.length / took), failed: failed + unanswered,
    p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1),
    megabytes: Math.round(lines.reduce((sum, line) => sum + line.received, 0) / 2 ** 20),
  };
}

/** As a process of its own: the load as JSON in, the latencies as JSON out. */
if (process.argv[1] === import.meta.filename) console.log(JSON.stringify(await runLookups(JSON.parse(process.argv[2] as string) as LookupLoad)));
