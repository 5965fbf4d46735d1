import fs from 'node:fs';
import { registerHooks, syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL, fileURLToPath } from 'node:url';
import type { Mutant } from './mutants.ts';

const root = join(import.meta.dirname, '..', '..');

/** The source with the bug in it. Throws unless the text to replace stands there exactly once. */
export function mutated({ name, file, find, replace }: Mutant, source: string): string {
  const parts = source.split(find);
  if (parts.length !== 2) throw new Error(`mutant ${name}: the text stands ${parts.length - 1} times in ${file}, not once`);
  return parts.join(replace);
}

/** Has the module or script loaded with the bug in it, in this process, from now on. The file stays as it is. */
export function plant(mutant: Mutant): void {
  const path = join(root, mutant.file);
  mutated(mutant, fs.readFileSync(path, 'utf8'));
  if (mutant.file.endsWith('.lua')) return plantScript(mutant, path);
  const url = pathToFileURL(path).href;
  registerHooks({
    load(loaded, context, next) {
      const result = next(loaded, context);
      return loaded === url ? { ...result, source: mutated(mutant, String(result.source)) } : result;
    },
  });
}

function plantScript(mutant: Mutant, path: string): void {
  const read = fs.readFileSync;
  const readMutated = ((file: Parameters<typeof read>[0], ...rest: [never]) => {
    const content = read(file, ...rest) as unknown as string;
    const isIt = file instanceof URL ? fileURLToPath(file) === path : file === path;
    return isIt ? mutated(mutant, content) : content;
  }) as typeof read;
  Object.assign(fs, { readFileSync: readMutated });
  syncBuiltinESMExports();
}
