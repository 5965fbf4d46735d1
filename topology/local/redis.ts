import { randomUUID } from 'node:crypto';
import { accessSync, constants, existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Redis } from 'ioredis';
import { LocalFault } from './fault.ts';
import { adopt, fetchJars } from './maven.ts';
import type { Part, PartContext } from './part.ts';
import { ServerProcess } from './server-process.ts';
import { readZipEntry } from './zip-entry.ts';

/** Redis, or Valkey which speaks the same. */
export async function startRedis(context: PartContext): Promise<Part> {
  const program = (await onPath(context.env)) ?? (await fromJar(context));
  const folder = join(context.dataDir, 'redis');
  await mkdir(folder, { recursive: true });
  const address = `redis://127.0.0.1:${context.ports.redis}`;
  const server = new ServerProcess(
    {
      name: 'redis',
      command: program.command,
      args: options(folder, context.ports.redis),
      isHealthy: () => answers(address),
    },
    context,
  );
  await server.start();
  return { service: 'Redis', found: program.found, address, process: server };
}

/** Resolves once Redis answers. */
export async function answers(address: string): Promise<void> {
  const redis = new Redis(address, {
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: 2_000,
    commandTimeout: 2_000,
  });
  redis.on('error', () => {});
  try {
    await redis.connect();
    await redis.ping();
  } finally {
    redis.disconnect();
  }
}

function options(folder: string, port: number): string[] {
  const settings: Record<string, string> = {
    port: String(port),
    bind: '127.0.0.1',
    dir: folder,
    // Nothing is read back from a disk: after a restart the content is made anew, and writing it down would be half of the work.
    appendonly: 'no',
    save: '',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
    loglevel: 'notice',
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

interface Program {
  command: string;
  found: string;
}

async function onPath(env: NodeJS.ProcessEnv): Promise<Program | undefined> {
  for (const name of ['redis-server', 'valkey-server']) {
    for (const folder of (env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
      const command = join(folder, name);
      if (isExecutable(command)) return { command, found: `${name} on the PATH` };
    }
  }
  return undefined;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The binary for this machine out of the embedded-redis jar, unpacked once into the cache. */
async function fromJar(context: PartContext): Promise<Program> {
  const jars = await fetchJars(context);
  const command = join(jars, 'redis-server');
  if (!existsSync(command)) {
    const jar = (await readdir(jars)).find((name) => name.startsWith('embedded-redis'));
    const machine = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
    const binary =
      jar && (await readZipEntry(join(jars, jar), (name) => name.startsWith('redis-server') && name.endsWith(machine)));
    if (!binary) {
      throw new LocalFault(
        `There is no packaged Redis for ${machine}: install redis-server, or set REDIS_URL to one that runs.`,
      );
    }
    const fresh = `${command}-${randomUUID()}`;
    await writeFile(fresh, binary);
    await chmod(fresh, 0o755);
    await adopt(fresh, command);
    await rm(fresh, { force: true });
  }
  return { command, found: 'Maven, Redis 6.2' };
}
