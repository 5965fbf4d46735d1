import { connect } from 'node:net';

export interface Server {
  /** As it is called in a sentence: `Kafka`, `the schema registry`. */
  name: string;
  /** `host:port` or URLs; one that answers is enough. */
  addresses: readonly string[];
}

const PATIENCE_MS = 3_000;
const PORTS: Readonly<Record<string, number>> = {
  'http:': 80, 'https:': 443, 'redis:': 6379, 'rediss:': 6379, 'postgres:': 5432, 'postgresql:': 5432,
};

/**
 * Throws, within 3 s, one sentence that names every server nobody answers for. The clients themselves would go on trying for half a minute:
 * right for a process that is to live through an outage, not for a person who waits for an answer.
 */
export async function requireReachable(servers: readonly Server[]): Promise<void> {
  const found = await Promise.all(servers.map(async (server) => ({ server, answers: await anyAnswers(server.addresses) })));
  const missing = found.filter(({ answers }) => !answers).map(({ server }) => `${server.name} at ${server.addresses.map(endpointText).join(', ')}`);
  if (missing.length === 0) return;
  throw new Error(`nothing answers for ${missing.join('; nor for ')}. Is the installation running? \`npm start\` starts one here; addresses of another come from the environment`);
}

async function anyAnswers(addresses: readonly string[]): Promise<boolean> {
  return (await Promise.all(addresses.map(answers))).includes(true);
}

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
