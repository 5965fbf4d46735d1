import type { Redis } from 'ioredis';
import type { Settings } from '../processors/settings.ts';
import { demoAirline } from './demo-airline/index.ts';
import type { ExchangeOptions } from './http/open-exchange.ts';
import type { PortName, Ports } from './ports/index.ts';

/** What the connectors need to be opened. */
export interface PortOptions {
  /** Origin of the simulated payment processor, reservation system and message gateway. */
  sandboxUrl: string;
  databaseUrl: string;
  /** Master key over the customers' data keys, 32 bytes; only `keys` needs it. */
  masterKey?: Buffer;
  redis: Redis;
  /** What Redis is known to hold, as in openRedisInventory. */
  epoch: () => Promise<string | null>;
  settings: Pick<Settings, 'paymentTimeoutMs' | 'currencies'>;
}

type Opener<Name extends PortName> = (
  options: PortOptions,
) => Promise<Ports[Name] & Partial<Lifecycle>> | (Ports[Name] & Partial<Lifecycle>);

interface Lifecycle {
  check(): Promise<void>;
  close(): Promise<void>;
}

/** THE implementation of every port, imported where it is opened: a process loads no more than its nodes use. */
const IMPLEMENTATIONS: { readonly [Name in PortName]: Opener<Name> } = {
  catalogue: ({ settings }) => demoAirline({ currencies: settings.currencies }),
  inventory: async ({ redis, epoch }) => (await import('./redis-inventory/index.ts')).openRedisInventory({ redis, epoch }),
  velocity: async ({ redis }) => (await import('./redis-velocity/index.ts')).openRedisVelocity({ redis }),
  keys: async ({ databaseUrl, masterKey }) => (await import('./postgres-keys/index.ts')).openPostgresKeys({ databaseUrl, masterKey: required(masterKey) }),
  payment: async (options) => (await import('./sandbox-payment/index.ts')).openSandboxPayment(sandbox(options)),
  reservation: async (options) => (await import('./sandbox-reservation/index.ts')).openSandboxReservation(sandbox(options)),
  notification: async (options) => (await import('./sandbox-notification/index.ts')).openSandboxNotification(sandbox(options)),
};

export const PORT_NAMES = Object.keys(IMPLEMENTATIONS) as PortName[];

/** The catalogue costs nothing to have, and every process may ask it. */
const ALWAYS: readonly PortName[] = ['catalogue'];

export interface OpenedPorts extends Ports {
  /** Throws the fault of the first opened port whose other side does not answer. */
  check(): Promise<void>;
  /** Closes what was opened here; what was passed in stays open. */
  close(): Promise<void>;
}

/**
 * Opens the ports in `needs`, and the catalogue. Any other port throws as soon as it is touched, naming itself: whoever uses a port
 * has to declare it.
 */
export async function openPorts(options: PortOptions, needs: readonly PortName[]): Promise<OpenedPorts> {
  const wanted = new Set<PortName>([...ALWAYS, ...needs]);
  const opening = PORT_NAMES.filter((name) => wanted.has(name)).map(
    async (name) => [name, await IMPLEMENTATIONS[name](options)] as const,
  );
  const settled = await Promise.allSettled(opening);
  const opened = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const close = async (): Promise<void> => {
    await Promise.all(opened.map(([, port]) => (port as Partial<Lifecycle>).close?.()));
  };
  const failure = settled.find((result) => result.status === 'rejected');
  if (failure) {
    await close();
    throw failure.reason;
  }
  const check = async (): Promise<void> => {
    await Promise.all(opened.map(([, port]) => (port as Partial<Lifecycle>).check?.()));
  };
  const absent = PORT_NAMES.filter((name) => !wanted.has(name)).map((name) => [name, undeclared(name)] as const);
  return { ...(Object.fromEntries([...opened, ...absent]) as unknown as Ports), check, close };
}

/** Looks like a port until somebody calls it; symbols and `then` are asked for by the language itself. */
function undeclared(name: PortName): object {
  return new Proxy(Object.create(null) as object, {
    get: (_, member) => {
      if (typeof member === 'symbol' || member === 'then') return undefined;
      throw new Error(`port '${name}' is not open here: name it in the node's \`uses\` to call ${name}.${member}`);
    },
  });
}

/** The simulated companies know repeats by their keys, so requests may share connections. */
function sandbox({ sandboxUrl, settings }: PortOptions): ExchangeOptions {
  return { url: sandboxUrl, timeoutMs: settings.paymentTimeoutMs, connections: 4, pipelining: 32 };
}

function required(masterKey: Buffer | undefined): Buffer {
  if (!masterKey) throw new Error("port 'keys' needs a master key: 32 bytes in base64 in IAROS_MASTER_KEY");
  return masterKey;
}
