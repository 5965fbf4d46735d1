import { readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Signs } from './fault.ts';

/** Messages of the product's log that tell of what a fault is to provoke. A line counts as much as its field says, else once. */
const MESSAGES: Readonly<Record<string, { sign: keyof Signs; field?: string }>> = {
  'another member took the partition': { sign: 'fenced' },
  'steps answered from the journal': { sign: 'replayed', field: 'replayed' },
  'chunk thrown away, will be read again': { sign: 'thrownAway' },
  'Redis rebuilt from the changelog': { sign: 'rebuilt' },
  'the clock of this machine differs from the store’s; orders go by the store’s, set this one right': { sign: 'skewed' },
};

const NONE: Readonly<Signs> = { fenced: 0, replayed: 0, killed: 0, thrownAway: 0, rebuilt: 0, skewed: 0 };

/** Counts the signs in lines of the log; what is no line of ours is passed over. */
export function signsIn(text: string): Signs {
  const signs = { ...NONE };
  for (const line of text.split('\n')) {
    const told = Object.entries(MESSAGES).find(([message]) => line.includes(`"msg":"${message}"`));
    if (!told) continue;
    const { sign, field } = told[1];
    signs[sign] += field ? Number(new RegExp(`"${field}":(\\d+)`).exec(line)?.[1] ?? 1) : 1;
  }
  return signs;
}

export const together = (one: Signs, other: Signs): Signs =>
  Object.fromEntries(Object.keys(NONE).map((sign) => [sign, one[sign as keyof Signs] + other[sign as keyof Signs]])) as unknown as Signs;

/** Reads on in the logs of a folder, each time from where it stopped. */
export class SignReader {
  readonly #folder: string;
  readonly #read = new Map<string, number>();
  #killed = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  noteKill(): void {
    this.#killed += 1;
  }

  /** Signs since the last call. */
  async take(): Promise<Signs> {
    let signs: Signs = { ...NONE, killed: this.#killed };
    this.#killed = 0;
    for (const name of readdirSync(this.#folder)) signs = together(signs, signsIn(await this.#news(name)));
    return signs;
  }

  async #news(name: string): Promise<string> {
    const file = await open(join(this.#folder, name));
    try {
      const from = this.#read.get(name) ?? 0;
      const size = (await file.stat()).size;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
      const whole = buffer.subarray(0, buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1);
      this.#read.set(name, from + whole.length);
      return whole.toString();
    } finally {
      await file.close();
    }
  }
}
