import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const FOLDERS = ['schemas', 'connectors', 'processors', 'topology', 'ingress'];
const IMPORT =
  /(?:^|[\s;}])(?:import|export)(?<types>\s+type)?\s[^'"`;]*?from\s+'(?<from>[^']+)'|\bimport\('(?<dynamic>[^']+)'\)|^import '(?<bare>[^']+)'/gm;

export interface Import {
  /** Path of the importing file, from the root. */
  file: string;
  /** Path from the root for a file of ours, otherwise the package. */
  target: string;
  /** Erased before it runs. */
  typeOnly: boolean;
}

/** Source files of the product, tests excepted, by path from the root. */
export function sourceFiles(): string[] {
  return FOLDERS.flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: ROOT })).sort();
}

export function importsOf(file: string): Import[] {
  return readImports(readFileSync(join(ROOT, file), 'utf8'), file);
}

/** Everything a text imports, statically or not. */
export function readImports(text: string, file: string): Import[] {
  return [...text.matchAll(IMPORT)].map(({ groups }) => {
    const name = groups?.['from'] ?? groups?.['dynamic'] ?? (groups?.['bare'] as string);
    const target = name.startsWith('.') ? normalize(join(dirname(file), name)) : name;
    return { file, target, typeOnly: groups?.['types'] !== undefined };
  });
}
