import { createWriteStream, existsSync, renameSync, statSync, type WriteStream } from 'node:fs';

const LARGEST = 20 * 1024 ** 2;

/** A log that starts over when it has grown too large; the one before is kept as `<file>.1`. */
export class LogFile {
  readonly #file: string;
  readonly #largest: number;
  #stream: WriteStream;
  #size: number;

  /** @param largest size in bytes at which a new file begins. */
  constructor(file: string, largest: number = LARGEST) {
    this.#file = file;
    this.#largest = largest;
    this.#size = existsSync(file) ? statSync(file).size : 0;
    this.#stream = this.#open();
  }

  write(chunk: Buffer): void {
    if (this.#size > 0 && this.#size + chunk.length > this.#largest) {
      this.#stream.end();
      renameSync(this.#file, `${this.#file}.1`);
      this.#stream = this.#open();
      this.#size = 0;
    }
    this.#size += chunk.length;
    this.#stream.write(chunk);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#stream.end(resolve));
  }

  #open(): WriteStream {
    const stream = createWriteStream(this.#file, { flags: 'a' });
    // A full disk must not take the workers down with their log.
    stream.on('error', () => {});
    return stream;
  }
}
