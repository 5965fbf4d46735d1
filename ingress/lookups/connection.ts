import type { Socket } from 'node:net';
import { type Bytes, Outgoing } from './outgoing.ts';

export interface Served {
  /** The answer, head and body, in order. */
  pieces: readonly Bytes[];
  status: number;
}

/** Answers one request, `target` and header `fields` as received; null where only `prepare` can tell how. */
export type ServeLookup = (target: string, fields: string) => Served | null;

export interface ConnectionOptions {
  socket: Socket;
  serve: ServeLookup;
  /** Makes ready what `serve` lacked; false where the request is not for it at all. */
  prepare(target: string, fields: string): Promise<boolean>;
  /** Requests that were answered together: how long that took, and how many with each status. */
  onServed(seconds: number, statuses: readonly number[]): void;
  /** Takes the connection over for good, with all bytes that are not answered yet put back. */
  handOver(): void;
  /** How long a connection may rest between requests, ms. */
  idleMs: number;
}

const START = 'GET ';
const END = ' HTTP/1.1\r\n';
const MAX_HEAD = 8 * 1024;
/** Answers written before the socket is asked whether it takes more, in bytes; the last of them may go beyond. */
const WRITE_LENGTH = 64 * 1024;

/**
 * A connection as long as it carries plain look-ups. Requests that have come together are answered in as few writes as they fit into:
 * reading and writing cost more than finding the answers. With the first request that is anything else the connection goes to the HTTP server.
 */
export class LookupConnection {
  readonly #options: ConnectionOptions;
  readonly #outgoing: Outgoing;
  /** What has come and is not answered yet. */
  #pending = '';
  #working = false;
  #answered = false;
  #ended = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { socket, idleMs } = options;
    this.#outgoing = new Outgoing(socket);
    socket.on('data', this.#onData).on('drain', this.#onDrain).on('timeout', this.#onIdle);
    socket.on('end', this.#onEnd).on('error', this.#onError);
    socket.setTimeout(idleMs);
  }

  /** For a shutdown: ends it where it rests between requests; whatever comes next is answered by the HTTP server. */
  close(): void {
    if (this.#pending === '' && !this.#working) this.#options.socket.destroySoon();
    else this.#handOver();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#pending += chunk.toString('latin1');
    if (!this.#working) this.#answer();
  };

  readonly #onDrain = (): void => {
    if (this.#working) return;
    this.#options.socket.resume();
    this.#answer();
  };

  readonly #onIdle = (): void => {
    // One that has sent nothing yet, or a part of a request, has the HTTP server's patience.
    if (this.#answered && this.#pending === '') this.#options.socket.destroy();
    else if (!this.#working) this.#handOver();
  };

  readonly #onEnd = (): void => {
    this.#options.socket.end();
  };

  readonly #onError = (): void => {
    this.#ended = true;
  };

  /** Answers what has come, some of it at a time: a reader that is slower than its requests is waited for. */
  #answer(): void {
    for (;;) {
      const next = this.#answerSome();
      if (next === 'foreign') return this.#handOver();
      if (next === 'unprepared') return void this.#prepare();
      if (next === 'partial') return;
      if (this.#options.socket.writableNeedDrain) return void this.#options.socket.pause();
    }
  }

  #answerSome(): Next {
    const started = performance.now();
    const { serve, onServed } = this.#options;
    const statuses: number[] = [];
    let written = 0;
    let next: Next = 'more';
    while (next === 'more' && written < WRITE_LENGTH) {
      const request = this.#nextRequest();
      const served = typeof request === 'string' ? null : serve(request.target, request.fields);
      if (typeof request === 'string') next = request;
      else if (!served) next = 'unprepared';
      else {
        this.#pending = this.#pending.slice(request.end);
        written += this.#send(served.pieces);
        statuses.push(served.status);
      }
    }
    if (statuses.length === 0) return next;
    this.#answered = true;
    onServed((performance.now() - started) / 1_000, statuses);
    this.#outgoing.flush();
    return next;
  }

  /** Their length in bytes. */
  #send(pieces: readonly Bytes[]): number {
    let length = 0;
    for (const piece of pieces) {
      this.#outgoing.add(piece);
      length += piece.length;
    }
    return length;
  }

  #nextRequest(): Request | 'foreign' | 'partial' {
    const text = this.#pending;
    if (text === '') return 'partial';
    if (!text.startsWith(START.slice(0, text.length))) return 'foreign';
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return text.length > MAX_HEAD ? 'foreign' : 'partial';
    const line = text.indexOf(END);
    if (line < 0 || line + END.length > end || end > MAX_HEAD) return 'foreign';
    return { target: text.slice(START.length, line), fields: text.slice(line + END.length, end), end: end + 4 };
  }

  async #prepare(): Promise<void> {
    const request = this.#nextRequest();
    if (typeof request === 'string') return;
    const { socket, prepare } = this.#options;
    this.#working = true;
    socket.pause();
    const ready = await prepare(request.target, request.fields).catch(() => false);
    this.#working = false;
    if (this.#ended || socket.destroyed) return;
    if (!ready) return this.#handOver();
    socket.resume();
    this.#answer();
  }

  #handOver(): void {
    if (this.#ended) return;
    this.#ended = true;
    const { socket, handOver } = this.#options;
    socket.off('data', this.#onData).off('drain', this.#onDrain).off('timeout', this.#onIdle);
    socket.off('end', this.#onEnd).off('error', this.#onError);
    socket.setTimeout(0);
    socket.pause();
    if (this.#pending !== '') socket.unshift(Buffer.from(this.#pending, 'latin1'));
    this.#pending = '';
    handOver();
    // After this turn: the server has put its own listeners on by then.
    process.nextTick(() => socket.resume());
  }
}

type Next = 'more' | 'foreign' | 'partial' | 'unprepared';

interface Request {
  target: string;
  fields: string;
  /** Where the next request begins. */
  end: number;
}
