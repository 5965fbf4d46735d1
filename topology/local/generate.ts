import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const REPO = join(import.meta.dirname, '..', '..');
/** In order: each may load what the one before has written, so each is a process of its own. */
const GENERATORS = ['schemas/generate.ts', 'topology/generate.ts', 'ingress/generate.ts'];

/** `npm run generate`: writes every generated file; with `--check`, only says which are stale and exits 1. */
const results = GENERATORS.map((generator) =>
  spawnSync(process.execPath, [join(REPO, generator), ...process.argv.slice(2)], { stdio: 'inherit' }),
);
process.exit(results.every(({ status }) => status === 0) ? 0 : 1);
