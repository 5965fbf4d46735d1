import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Server {
  /** As it is called in a sentence: `Kafka`, `the schema registry`. */
  name: string;
  /** `host:port` or URLs; one that answers is enough. */
  addresses: readonly string[];
}

const PATIENCE_MS = 3_000;
const ASK_AGAIN_AFTER_MS = 250;
const PORTS: Readonly<Record<string, number>> = {
  'http:': 80, 'https:': 443, 'redis:': 6379, 'rediss:': 6379, 'postgres:': 5432, 'postgresql:': 5432,
};

/**
 * Throws, within 3 s, one sentence that names every server nobody answers for. The clients themselves would go on trying for half a minute:
 * right for a process that is to live through an outage, not for a person who waits for an answer.
 * `startingForMs`: a server may be starting for so long, and is asked again until then; stderr says that it is waited for.
 */
export async function requireReachable(servers: readonly Server[], { startingForMs = 0 } = {}): Promise<void> {
  const until = performance.now() + startingForMs;
  const found = await Promise.all(servers.map(async (server) => ({ server, answers: await answersUntil(until, server) })));
  const missing = found.filter(({ answers }) => !answers).map(({ server }) => serverText(server));
  if (missing.length === 0) return;
  throw new Error(`nothing answers for ${missing.join('; nor for ')}. Is the installation running? \`npm start\` starts one here; addresses of another come from the environment`);
}

async function answersUntil(until: number, server: Server): Promise<boolean> {
  for (let tries = 0; ; tries += 1) {
    if ((await Promise.all(server.addresses.map(answers))).includes(true)) return true;
    if (performance.now() >= until) return false;
    if (tries === 0) console.error(`iaros: waiting for ${serverText(server)}`);
    await sleep(ASK_AGAIN_AFTER_MS);
  }
}

const serverText = ({ name, addresses }: Server): string => `${name} at ${addresses.map(endpointText).join(', ')}`;

function answers(address: string): Promise<boolean> {
  const { host, port } = endpointOf(address);
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (answered: boolean) => (): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(PATIENCE_MS, settle(false));
    socket.once('connect', settle(true));
    socket.once('error', settle(false));
  });
}

/** Host and port alone: a URL may carry a password. */
const endpointText = (address: string): string => {
  const { host, port } = endpointOf(address);
  return `${host}:${port}`;
};

function endpointOf(address: string): { host: string; port: number } {
  const url = new URL(address.includes('://') ? address : `kafka://${address}`);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) || (PORTS[url.protocol] ?? 9092) };
}
