import type { Addresses, ForwardedListener, PartName } from '../../../topology/local/stack.ts';
import { nextFreePort } from '../../../topology/local/ports.ts';
import { PASS } from './behaviour.ts';
import { TcpProxy } from './tcp-proxy.ts';

/** Servers that have a proxy in front; `sandbox` stands for the companies outside. */
export type Proxied = PartName | 'sandbox';
export type Proxies = Readonly<Record<Proxied, TcpProxy>>;

/** Ports of the Kafka proxy, settled before the broker starts: it has to name the proxy to its clients. */
export interface KafkaPorts {
  /** For `startStack`. */
  forwarded: ForwardedListener;
  proxy: number;
}

const FIRST_PORT = 21_000;
const SPREAD = 9_000;

export async function kafkaPorts(): Promise<KafkaPorts> {
  const port = await nextFreePort(FIRST_PORT + Math.floor(Math.random() * SPREAD));
  const proxy = await nextFreePort(port + 1);
  return { forwarded: { port, advertised: `127.0.0.1:${proxy}` }, proxy };
}

/**
 * Opens a proxy in front of every server. `sandboxUrl` is where the sandbox will listen.
 * The addresses answered are those of the proxies.
 */
export async function openProxies(
  servers: Addresses,
  { kafka, sandboxUrl }: { kafka: KafkaPorts; sandboxUrl: string },
): Promise<{ proxies: Proxies; addresses: Addresses; sandboxUrl: string }> {
  const inFrontOf = (address: string): Promise<TcpProxy> => {
    const { hostname, port } = new URL(address);
    return TcpProxy.open({ target: { host: hostname, port: Number(port) } });
  };
  const proxies: Proxies = {
    kafka: await TcpProxy.open({ target: { host: '127.0.0.1', port: kafka.forwarded.port }, kafka: true, port: kafka.proxy }),
    registry: await inFrontOf(servers.schemaRegistryUrl),
    redis: await inFrontOf(servers.redisUrl),
    postgres: await inFrontOf(servers.databaseUrl),
    clickhouse: await inFrontOf(servers.clickhouseUrl),
    sandbox: await inFrontOf(sandboxUrl),
  };
  const by = (address: string, { port }: TcpProxy): string => address.replace(/:\d+(?=\/|$)/, `:${port}`);
  return {
    proxies,
    addresses: {
      kafkaBrokers: [kafka.forwarded.advertised],
      schemaRegistryUrl: by(servers.schemaRegistryUrl, proxies.registry),
      redisUrl: by(servers.redisUrl, proxies.redis),
      databaseUrl: by(servers.databaseUrl, proxies.postgres),
      clickhouseUrl: by(servers.clickhouseUrl, proxies.clickhouse),
    },
    sandboxUrl: by(sandboxUrl, proxies.sandbox),
  };
}

/** All of them behave again. */
export async function passAll(proxies: Proxies): Promise<void> {
  await Promise.all(Object.values(proxies).map((proxy) => proxy.behave(PASS)));
}

export async function closeAll(proxies: Proxies): Promise<void> {
  await Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
}
