import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Behaviour, KAFKA_APIS, PASS } from './behaviour.ts';
import { ProxiedConnection } from './proxied-connection.ts';

/** How often a server that is away is looked for, ms. */
const LOOK_EVERY_MS = 50;

export interface TcpProxyOptions {
  /** Where the bytes go. */
  target: { host: string; port: number };
  /** Speaks Kafka: replies can be told apart. */
  kafka?: boolean;
  /** Port to listen on; a free one by default. */
  port?: number;
}

/** Stands between clients and one server on loopback and misbehaves as told. */
export class TcpProxy {
  readonly #options: TcpProxyOptions;
  readonly #connections = new Set<ProxiedConnection>();
  #server: Server | null = null;
  #port = 0;
  #behaviour: Behaviour = PASS;
  #dropped = 0;
  #opened = Promise.withResolvers<void>();
  #closed = false;
  #looking: Promise<void> | null = null;

  private constructor(options: TcpProxyOptions) {
    this.#options = options;
    this.#opened.resolve();
  }

  static async open(options: TcpProxyOptions): Promise<TcpProxy> {
    const proxy = new TcpProxy(options);
    proxy.#port = await proxy.#listen(options.port ?? 0);
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  get behaviour(): Behaviour {
    return this.#behaviour;
  }

  /** Connections open now. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Replies lost so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** From now on; ends what it did before. */
  async behave(behaviour: Behaviour): Promise<void> {
    const before = this.#behaviour;
    this.#behaviour = behaviour;
    if (before.kind === 'half_open') for (const connection of this.#connections) connection.abandon();
    if (behaviour.kind === 'reset') for (const connection of this.#connections) connection.allow(behaviour.afterBytes);
    this.#gate();
    if (behaviour.kind === 'refuse') {
      await this.#unlisten();
      this.cut();
    } else if (!this.#server && !this.#looking) await this.#listen(this.#port);
  }

  /** Resets every open connection. */
  cut(): void {
    for (const connection of this.#connections) connection.reset();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#opened.resolve();
    await this.#unlisten();
    this.cut();
  }

  /** What passes waits here while nothing may. */
  readonly gate = (): Promise<void> => this.#opened.promise;

  /** Whether the reply to this api is to be lost, and the connection with it. Counts it. */
  readonly losing = (apiKey: number | undefined): false | 'swallow' | 'cut' => {
    const behaviour = this.#behaviour;
    if (behaviour.kind !== 'drop_reply' || apiKey !== KAFKA_APIS[behaviour.api] || behaviour.count === 0) return false;
    this.#behaviour = { ...behaviour, count: behaviour.count - 1 };
    this.#dropped += 1;
    return behaviour.cut ? 'cut' : 'swallow';
  };

  /** The server refuses connections: so does the proxy, as clients would see it without one, until the server is back. */
  readonly #targetRefuses = (): void => {
    this.#looking ??= this.#untilBack().finally(() => {
      this.#looking = null;
    });
  };

  async #untilBack(): Promise<void> {
    await this.#unlisten();
    while (!this.#closed && !(await accepts(this.#options.target))) await sleep(LOOK_EVERY_MS);
    if (!this.#closed && this.#behaviour.kind !== 'refuse') await this.#listen(this.#port);
  }

  #gate(): void {
    const shut = this.#behaviour.kind === 'frozen' || this.#behaviour.kind === 'half_open';
    if (!shut) this.#opened.resolve();
    else {
      this.#opened.resolve();
      this.#opened = Promise.withResolvers<void>();
    }
  }

  async #listen(port: number): Promise<number> {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => this.#accept(client));
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
    return (server.address() as AddressInfo).port;
  }

  async #unlisten(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (!server) return;
    server.close();
    server.unref();
  }

  #accept(client: Socket): void {
    const { target, kafka } = this.#options;
    const connection = new ProxiedConnection(client, { target, kafka: kafka ?? false, proxy: this, refused: this.#targetRefuses, closed: () => this.#connections.delete(connection) });
    this.#connections.add(connection);
    if (this.#behaviour.kind === 'reset') connection.allow(this.#behaviour.afterBytes);
  }
}

function accepts(target: { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(target);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
