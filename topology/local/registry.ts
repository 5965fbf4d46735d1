import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fullDisk, LocalFault } from './fault.ts';
import { findJava } from './java.ts';
import { adopt, fetchJars } from './maven.ts';
import type { Part, PartContext } from './part.ts';
import { ServerProcess } from './server-process.ts';

/** Apicurio's schema registry by its Confluent-compatible API; schemas and their ids live in `<dataDir>/registry`. */
export async function startRegistry(context: PartContext): Promise<Part> {
  const [java, jars] = await Promise.all([findJava(context.env), fetchJars(context)]);
  const program = await unpack(jars);
  const folder = join(context.dataDir, 'registry');
  await mkdir(folder, { recursive: true });
  const address = `http://127.0.0.1:${context.ports.registry}/apis/ccompat/v7`;
  const server = new ServerProcess(
    {
      name: 'registry',
      command: java,
      args: [...JVM, ...properties(folder, context.ports.registry), '-jar', program],
      cwd: folder,
      isHealthy: () => answers(address),
    },
    context,
  );
  await server.start();
  return { service: 'Schema registry', found: 'Maven, Apicurio 2.6.13', address, process: server };
}

/** Resolves once the registry at this base address lists its subjects. */
export async function answers(address: string): Promise<void> {
  const response = await fetch(`${address.replace(/\/$/, '')}/subjects`, { signal: AbortSignal.timeout(3_000) });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the schema registry answered ${response.status}`);
}

const JVM = ['-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];

function properties(folder: string, port: number): string[] {
  const store = `jdbc:h2:file:${join(folder, 'schemas')}`;
  return [
    '-Dquarkus.http.host=127.0.0.1',
    `-Dquarkus.http.port=${port}`,
    `-Dquarkus.datasource.jdbc.url=${store}`,
    `-Dregistry.datasource.url=${store}`,
    '-Dquarkus.log.level=WARN',
    '-Dquarkus.log.console.color=false',
    '-Dquarkus.banner.enabled=false',
  ];
}

/** Unpacks the archive beside the jars, once, and returns the runner's path. */
async function unpack(jars: string): Promise<string> {
  const folder = join(jars, 'registry');
  if (!existsSync(folder)) {
    const archive = (await readdir(jars)).find((name) => name.startsWith('apicurio-registry-app'));
    if (!archive) throw new LocalFault(`The cache ${jars} is incomplete: remove it and start again.`);
    const fresh = join(jars, `registry-${randomUUID()}`);
    await mkdir(fresh);
    await promisify(execFile)('tar', ['-xzf', join(jars, archive), '-C', fresh]).catch((error) => {
      throw fullDisk(error, jars) ?? new LocalFault(`The schema registry could not be unpacked: ${error.message}`);
    });
    await adopt(fresh, folder);
    await rm(fresh, { recursive: true, force: true });
  }
  const runner = (await readdir(folder)).find((name) => name.endsWith('-runner.jar'));
  if (!runner) throw new LocalFault(`The cache ${folder} is incomplete: remove it and start again.`);
  return join(folder, runner);
}
