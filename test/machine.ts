import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

export interface Machine {
  cores: number;
  model: string;
  memoryGb: number;
  node: string;
  product: string;
}

/** What a suite or a measurement ran on. */
export function thisMachine(): Machine {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return { cores: cpus().length, model: (cpus()[0]?.model ?? 'unknown').trim(), memoryGb: Math.round(totalmem() / 2 ** 30), node: process.version, product: version };
}
