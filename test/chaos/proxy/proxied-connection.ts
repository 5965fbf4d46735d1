import { connect, type Socket } from 'node:net';
import type { Behaviour } from './behaviour.ts';
import { Direction, type Passage } from './direction.ts';
import { KafkaReplies } from './kafka-replies.ts';

/** What a connection asks of its proxy. */
interface Rules {
  readonly behaviour: Behaviour;
  /** Resolves while bytes may pass. */
  gate(): Promise<void>;
  losing(apiKey: number | undefined): false | 'swallow' | 'cut';
}

interface ConnectionOptions {
  target: { host: string; port: number };
  kafka: boolean;
  proxy: Rules;
  /** The server refuses the connection. */
  refused(): void;
  closed(): void;
}

const NEVER = new Promise<void>(() => {});

/** One client's connection and the one to the server that belongs to it. */
export class ProxiedConnection {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #rules: Rules;
  readonly #replies: KafkaReplies | null;
  /** Bytes that may still pass before the reset; null for no end. */
  #allowance: number | null = null;
  #abandoned = false;

  constructor(client: Socket, { target, kafka, proxy, refused, closed }: ConnectionOptions) {
    this.#client = client;
    this.#rules = proxy;
    this.#replies = kafka ? new KafkaReplies() : null;
    this.#server = connect({ ...target, noDelay: true, allowHalfOpen: true });
    const [up, down] = [new Direction(client, this.#server), new Direction(this.#server, client)];
    client.on('data', (chunk: Buffer) => this.#upwards(chunk, up));
    this.#server.on('data', (chunk: Buffer) => this.#downwards(chunk, down));
    client.on('end', () => up.end(this.#open));
    this.#server.on('end', () => down.end(this.#open));
    this.#server.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ECONNREFUSED') refused();
    });
    for (const socket of [client, this.#server]) socket.on('error', () => this.reset());
    client.on('close', () => {
      this.#server.destroy();
      closed();
    });
  }

  /** The connection is reset after so many more bytes. */
  allow(bytes: number): void {
    this.#allowance = bytes;
  }

  /** Stays open and dead for ever. */
  abandon(): void {
    this.#abandoned = true;
    this.#client.pause();
  }

  reset(): void {
    this.#server.destroy();
    if (!this.#client.destroyed) this.#client.resetAndDestroy();
  }

  readonly #open = async (): Promise<void> => {
    await this.#rules.gate();
    if (this.#abandoned) await NEVER;
  };

  #upwards(chunk: Buffer, up: Direction): void {
    this.#replies?.sent(chunk);
    if (this.#pays(chunk)) up.carry(chunk, passage(chunk, this.#rules.behaviour), this.#open);
  }

  #downwards(chunk: Buffer, down: Direction): void {
    if (!this.#replies) return this.#answer(chunk, down);
    for (const { apiKey, frame } of this.#replies.received(chunk)) {
      const loss = this.#rules.losing(apiKey);
      if (loss === 'cut') return this.reset();
      if (loss === false) this.#answer(frame, down);
    }
  }

  #answer(bytes: Buffer, down: Direction): void {
    if (this.#pays(bytes)) down.carry(bytes, passage(bytes, this.#rules.behaviour), this.#open);
  }

  #pays({ length }: Buffer): boolean {
    if (this.#rules.behaviour.kind !== 'reset' || this.#allowance === null) return true;
    this.#allowance -= length;
    if (this.#allowance >= 0) return true;
    this.reset();
    return false;
  }
}

function passage({ length }: Buffer, behaviour: Behaviour): Passage {
  switch (behaviour.kind) {
    case 'latency':
      return { delayMs: behaviour.ms + behaviour.jitterMs * (2 * Math.random() - 1), busyMs: 0 };
    case 'bandwidth':
      return { delayMs: 0, busyMs: (length / behaviour.bytesPerSecond) * 1_000 };
    default:
      return { delayMs: 0, busyMs: 0 };
  }
}
