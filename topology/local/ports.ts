import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';

/** Of the servers: beside the well-known ports, so that servers already on this machine are left alone. */
export const SERVER_PORTS = {
  kafka: 19092,
  kafkaController: 19093,
  registry: 18081,
  redis: 16379,
  postgres: 15432,
  clickhouse: 18123,
};
export type ServerPorts = typeof SERVER_PORTS;

/** Of the sandbox, and of the probes and metrics of the workers. */
export const WORKER_PORTS = { sandbox: 18090, pipeline: 18091, sinks: 18092 };

const HIGHEST = 65_535;
/** Ports from here on are handed out by the system to outgoing connections and may vanish between check and use. */
const EPHEMERAL = 32_768;

/** Whether a server can listen on the port of the loopback address right now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** The first free port at or after `from` that is not in `except`. */
export async function nextFreePort(from: number, except: ReadonlySet<number> = new Set()): Promise<number> {
  for (let port = from; port <= HIGHEST; port++) {
    if (!except.has(port) && (await isFree(port))) return port;
  }
  throw new Error(`no free port from ${from} to ${HIGHEST}`);
}

/** Ports for a stack beside others: free ones at or after `from`, by default a random place below the ephemeral range; none that is in `except`. */
export async function scatteredPorts(except: ReadonlySet<number> = new Set(), from: number = randomPlace()): Promise<ServerPorts> {
  const taken = new Set(except);
  const ports = { ...SERVER_PORTS };
  for (const name of Object.keys(ports) as (keyof ServerPorts)[]) {
    ports[name] = await nextFreePort(from, taken);
    taken.add(ports[name]);
  }
  return ports;
}

function randomPlace(): number {
  return 20_000 + Math.floor(Math.random() * (EPHEMERAL - 21_000));
}

/**
 * Settles a port for each name: the remembered one, else the wished one, else the next free one.
 * What was settled is remembered in `file`, so that a restart keeps the addresses that clients know.
 * @param say is told about each port that had to move.
 * @param except ports that are promised to others, who do not listen there yet.
 */
export async function settlePorts<Name extends string>(
  file: string,
  wished: Record<Name, number>,
  say: (line: string) => void,
  except: ReadonlySet<number> = new Set(),
): Promise<Record<Name, number>> {
  const remembered = await readFile(file, 'utf8').then(JSON.parse, () => ({}));
  const settled: Record<Name, number> = { ...wished, ...remembered };
  const taken = new Set(except);
  for (const name of Object.keys(wished) as Name[]) {
    const first = settled[name];
    const port = await nextFreePort(first, taken);
    if (port !== first) say(`port ${first} (${name}) is taken, using ${port}`);
    settled[name] = port;
    taken.add(port);
  }
  await writeFile(file, `${JSON.stringify(settled, null, 2)}\n`);
  return settled;
}
