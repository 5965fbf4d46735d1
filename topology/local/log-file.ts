import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

const LARGEST = 20 * 1024 ** 2;

/** A log that starts over when it has grown too large; the one before is kept as `<file>.1`. */
export class LogFile {
  readonly #file: string;
  readonly #largest: number;
  #descriptor: number;
  #size: number;

  /** @param largest size in bytes at which a new file begins. */
  constructor(file: string, largest: number = LARGEST) {
    this.#file = file;
    this.#largest = largest;
    this.#descriptor = openSync(file, 'a');
    this.#size = fstatSync(this.#descriptor).size;
  }

  write(chunk: Buffer): void {
    try {
      if (this.#size > 0 && this.#size + chunk.length > this.#largest) this.#startOver();
      this.#size += chunk.length;
      writeSync(this.#descriptor, chunk);
    } catch {
      // A full disk must not take the workers down with their log.
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #startOver(): void {
    renameSync(this.#file, `${this.#file}.1`);
    closeSync(this.#descriptor);
    this.#descriptor = openSync(this.#file, 'a');
    this.#size = 0;
  }
}
