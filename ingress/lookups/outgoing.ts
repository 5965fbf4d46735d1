import type { Socket } from 'node:net';

/** A run of bytes: one character a byte, or as they are; what is handed in stays as it is. */
export type Bytes = string | Buffer;

const CHUNK_LENGTH = 64 * 1024;
const KEPT = 64;
/** Chunks that are not in use. They live outside of the heap: answers made up there would fill it faster than all else does. */
const spare: Buffer[] = [];

/** Gathers bytes for as few writes to the socket as they fit into. All of it is written once `flush` has been called. */
export class Outgoing {
  readonly #socket: Socket;
  #chunk: Buffer | null = null;
  #used = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  add(bytes: Bytes): void {
    if (bytes.length > CHUNK_LENGTH - this.#used) this.flush();
    if (bytes.length > CHUNK_LENGTH) return void this.#socket.write(bytes, 'latin1');
    this.#chunk ??= spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_LENGTH);
    if (typeof bytes === 'string') this.#chunk.write(bytes, this.#used, 'latin1');
    else this.#chunk.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  flush(): void {
    const chunk = this.#chunk;
    if (!chunk) return;
    this.#socket.write(chunk.subarray(0, this.#used), () => {
      if (spare.length < KEPT) spare.push(chunk);
    });
    this.#chunk = null;
    this.#used = 0;
  }
}
