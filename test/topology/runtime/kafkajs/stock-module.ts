import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';

const require = createRequire(import.meta.url);
const folder = `${dirname(require.resolve('kafkajs/package.json'))}${sep}`;
const stockCache = new Map<string, NodeJS.Module>();

/** A module of kafkajs as published, along with everything it loads, beside the corrected ones. What it loads later is not covered. */
export function stockModule<T>(path: string): T {
  const corrected = takeOut();
  for (const [filename, module] of stockCache) require.cache[filename] = module;
  try {
    return require(`kafkajs/${path}`) as T;
  } finally {
    for (const [filename, module] of takeOut()) stockCache.set(filename, module);
    for (const [filename, module] of corrected) require.cache[filename] = module;
  }
}

function takeOut(): [string, NodeJS.Module][] {
  const modules = Object.entries(require.cache).filter(([filename]) => filename.startsWith(folder)) as [string, NodeJS.Module][];
  for (const [filename] of modules) delete require.cache[filename];
  return modules;
}
