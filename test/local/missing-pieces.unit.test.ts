import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureRoom } from '../../topology/local/disk-space.ts';
import { fullDisk, LocalFault } from '../../topology/local/fault.ts';
import { findJava, parseJavaVersion, rootCause } from '../../topology/local/java.ts';
import { fetchJars } from '../../topology/local/maven.ts';
import { startOptions } from '../../topology/local/start-options.ts';

/** Whatever is missing on a machine is told in one sentence that names the fix. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iaros-missing-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function faultOf(attempt: Promise<unknown>): Promise<string> {
  const fault = await attempt.then(
    () => undefined,
    (error) => error,
  );
  expect(fault).toBeInstanceOf(LocalFault);
  expect(fault.message).not.toContain('\n');
  return fault.message;
}

test('no Java', async () => {
  expect(await faultOf(findJava({ PATH: folder }))).toMatch(
    /need Java 17 or newer, and no java is on the PATH: install one/,
  );
});

test('Java too old', async () => {
  const java = join(folder, 'java');
  await writeFile(java, '#!/bin/sh\necho \'openjdk version "1.8.0_402"\' >&2\n');
  await chmod(java, 0o755);
  expect(await faultOf(findJava({ PATH: `${folder}:/bin:/usr/bin` }))).toMatch(
    /need Java 17 or newer, and java is Java 8: install one/,
  );
});

test.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['java version "1.8.0_402"', 8],
  ['openjdk version "25" 2025-09-16', 25],
  ['command not found', undefined],
])('%s is Java %s', (printed, major) => {
  expect(parseJavaVersion(printed)).toBe(major);
});

test('no Maven and nothing fetched yet', async () => {
  const fetching = fetchJars({ cacheDir: join(folder, 'cache'), env: { PATH: join(folder, 'empty') }, say: () => {} });
  expect(await faultOf(fetching)).toMatch(/no mvn is on the PATH: install it/);
});

test('no room on the disk', async () => {
  expect(await faultOf(ensureRoom(folder, Number.MAX_SAFE_INTEGER))).toMatch(
    /^Only [\d.]+ GB are free under .* free some space/,
  );
  const reported = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  expect(fullDisk(reported, folder)?.message).toMatch(/is full: free some space there/);
  expect(fullDisk(new Error('something else'), folder)).toBeUndefined();
});

test.each([
  [['--only', 'kafka'], {}, /--only takes "stack"/],
  [['--demo', 'fast'], {}, /--demo takes a number of orders a second above 0/],
  [['--demo', '-1'], {}, /demo/],
  [['--frehs'], {}, /Unknown option '--frehs'/],
  [[], { IAROS_PORT: 'http' }, /IAROS_PORT must be a port from 1 to 65535/],
])('start %j with %j is refused', (args, env, message) => {
  expect(() => startOptions(args, env)).toThrow(message);
  expect(() => startOptions(args, env)).toThrow(LocalFault);
});

test('start takes its folders and port from the environment', () => {
  const options = startOptions(['--fresh', '--demo', '2.5'], {
    IAROS_DATA_DIR: '/data',
    IAROS_CACHE_DIR: '/cache',
    IAROS_PORT: '9000',
  });
  expect(options).toEqual({
    dataDir: '/data',
    cacheDir: '/cache',
    port: 9000,
    fresh: true,
    onlyStack: false,
    demoRate: 2.5,
  });
});

test('what a Java program died of is its innermost cause', () => {
  const report = [
    'Command failed: java kafka.tools.StorageTool format',
    'Exception in thread "main" java.lang.IllegalArgumentException: Error creating broker listeners',
    '\tat kafka.server.KafkaConfig.validate(KafkaConfig.scala:1)',
    'Caused by: java.lang.IllegalArgumentException: two listeners on the same port',
    '\t... 8 more',
  ].join('\n');
  expect(rootCause(`${report}\n`)).toBe('java.lang.IllegalArgumentException: two listeners on the same port');
  expect(rootCause('Log directory is already formatted.\n')).toBe('Log directory is already formatted.');
});
