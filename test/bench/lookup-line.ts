import type { Socket } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');
const LENGTH = Buffer.from('\r\nContent-Length: ');
const STATUS_AT = 'HTTP/1.1 '.length;
const ZERO = 0x30;

/**
 * One connection of the load: what it sent and when each of these requests was due. It reads answers where they are: garbage of the load's own
 * would be collected at the cost of the latency that it measures.
 */
export class LookupLine {
  readonly #socket: Socket;
  readonly #due: number[] = [];
  readonly #onAnswer: (dueAt: number, status: number) => void;
  #rest: Buffer | null = null;
  received = 0;

  constructor(socket: Socket, onAnswer: (dueAt: number, status: number) => void) {
    this.#socket = socket;
    this.#onAnswer = onAnswer;
    socket.on('data', (chunk) => this.#read(chunk));
  }

  send(requests: Buffer, count: number, dueAt: number): void {
    for (let sent = 0; sent < count; sent += 1) this.#due.push(dueAt);
    this.#socket.write(requests);
  }

  get waiting(): number {
    return this.#due.length;
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.received += chunk.length;
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = 0;
    for (;;) {
      const end = bytes.indexOf(HEAD_END, at);
      if (end < 0) break;
      const next = end + HEAD_END.length + bodyLength(bytes, at, end);
      if (next > bytes.length) break;
      this.#onAnswer(this.#due.shift() ?? Number.NaN, numberAt(bytes, at + STATUS_AT));
      at = next;
    }
    this.#rest = at < bytes.length ? bytes.subarray(at) : null;
  }
}

/** Of the answer whose head lies between the two places; 0 where it names no length. */
function bodyLength(bytes: Buffer, from: number, end: number): number {
  const at = bytes.indexOf(LENGTH, from);
  return at < 0 || at > end ? 0 : numberAt(bytes, at + LENGTH.length);
}

function numberAt(bytes: Buffer, from: number): number {
  let value = 0;
  for (let at = from; isDigit(bytes[at]); at += 1) value = value * 10 + (bytes[at] as number) - ZERO;
  return value;
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte < ZERO + 10;
