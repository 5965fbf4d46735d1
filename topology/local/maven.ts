import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureRoom } from './disk-space.ts';
import { fullDisk, LocalFault } from './fault.ts';

const POM = join(import.meta.dirname, 'pom.xml');
const PROGRESS_EVERY_MS = 3_000;

interface FetchContext {
  cacheDir: string;
  env: NodeJS.ProcessEnv;
  say: (line: string) => void;
}

const underway = new Map<string, Promise<string>>();

/**
 * The folder that holds every file named by pom.xml, fetched once into the cache and shared by all who ask at the same time.
 * Another process may fetch beside us: each fills a folder of its own, and the first to finish gives it its name.
 */
export function fetchJars(context: FetchContext): Promise<string> {
  const running = underway.get(context.cacheDir) ?? fetchOnce(context).finally(() => underway.delete(context.cacheDir));
  underway.set(context.cacheDir, running);
  return running;
}

async function fetchOnce(context: FetchContext): Promise<string> {
  const version = createHash('sha256')
    .update(await readFile(POM))
    .digest('hex')
    .slice(0, 12);
  const folder = join(context.cacheDir, `jars-${version}`);
  if (existsSync(folder)) return folder;
  await ensureRoom(context.cacheDir);
  const fresh = join(context.cacheDir, `jars-${randomUUID()}`);
  await mkdir(fresh, { recursive: true });
  try {
    await copyDependencies(fresh, context);
    await adopt(fresh, folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return folder;
}

/** Gives `fresh` its lasting name, unless someone else was quicker. */
export async function adopt(fresh: string, lasting: string): Promise<void> {
  await rename(fresh, lasting).catch((error) => {
    if (!existsSync(lasting)) throw error;
  });
}

async function copyDependencies(folder: string, { cacheDir, env, say }: FetchContext): Promise<void> {
  say('fetching Kafka, the schema registry and Redis with Maven (once, about 190 MB)');
  const args = [
    '-B',
    '-f',
    POM,
    'dependency:copy-dependencies',
    '-DincludeScope=runtime',
    `-DoutputDirectory=${folder}`,
  ];
  const started = Date.now();
  let [files, megabytes, output] = [0, 0, ''];
  const ticker = setInterval(() => {
    const seconds = Math.round((Date.now() - started) / 1000);
    say(`fetching with Maven: ${files} files, ${megabytes.toFixed(0)} MB after ${seconds} s`);
  }, PROGRESS_EVERY_MS);
  const code = await new Promise<number | string>((resolve) => {
    const child = spawn('mvn', args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const read = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-64_000);
      for (const [, size, unit] of chunk.toString().matchAll(/Downloaded from [^(]*\(([\d.]+) (k|M)?B/g)) {
        files += 1;
        megabytes += Number(size) / (unit === 'M' ? 1 : unit === 'k' ? 1_000 : 1_000_000);
      }
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    child.once('close', (exit) => resolve(exit ?? 'a signal'));
  });
  clearInterval(ticker);
  if (code === 0) return;
  throw failure(code, output, cacheDir);
}

function failure(code: number | string, output: string, cacheDir: string): LocalFault {
  if (code === 'ENOENT') {
    return new LocalFault(
      'Kafka, the schema registry and Redis are fetched with Maven, and no mvn is on the PATH: ' +
        'install it (Debian: apt-get install maven; macOS: brew install maven), or give the servers by address.',
    );
  }
  const reason = /\[ERROR\] (.*)/.exec(output)?.[1] ?? output.trim().split('\n').at(-1) ?? '';
  return (
    fullDisk(output, cacheDir) ?? new LocalFault(`Maven could not fetch the servers (${code}): ${reason.slice(0, 400)}`)
  );
}
