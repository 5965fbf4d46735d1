import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isFree, nextFreePort, scatteredPorts, settlePorts } from '../../topology/local/ports.ts';

let folder: string;
let file: string;
const listening: Server[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iaros-ports-'));
  file = join(folder, 'ports.json');
});

afterEach(async () => {
  for (const server of listening.splice(0)) server.close();
  await rm(folder, { recursive: true });
});

async function occupy(port = 0): Promise<number> {
  const server = createServer().listen(port, '127.0.0.1');
  listening.push(server);
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}

test('a port in use is not free and the next one is taken instead, aloud', async () => {
  const taken = await occupy();
  expect(await isFree(taken)).toBe(false);
  const said: string[] = [];
  const settled = await settlePorts(file, { redis: taken }, (line) => said.push(line));
  expect(settled.redis).toBeGreaterThan(taken);
  expect(said).toEqual([`port ${taken} (redis) is taken, using ${settled.redis}`]);
});

test('what was settled is remembered, whatever is wished later', async () => {
  const first = await nextFreePort(24_000);
  await settlePorts(file, { redis: first }, () => {});
  expect(await settlePorts(file, { redis: first + 500 }, () => {})).toEqual({ redis: first });
});

test('two servers that wish the same port get two', async () => {
  const port = await nextFreePort(25_000);
  const settled = await settlePorts(file, { redis: port, registry: port }, () => {});
  expect(settled.registry).toBeGreaterThan(settled.redis);
});

test('scattered ports are all different and below the ephemeral range', async () => {
  const ports = Object.values(await scatteredPorts());
  expect(new Set(ports).size).toBe(ports.length);
  for (const port of ports) expect(port).toBeLessThan(32_768);
});

test('scattered ports keep off those that are promised to others', async () => {
  const from = await nextFreePort(26_000);
  const promised = new Set([from, from + 2]);
  const ports = Object.values(await scatteredPorts(promised, from));
  expect(ports.filter((port) => promised.has(port))).toEqual([]);
  expect(new Set(ports).size).toBe(ports.length);
});

test('what is settled keeps off ports that are promised to others, aloud', async () => {
  const port = await nextFreePort(27_000);
  const said: string[] = [];
  const settled = await settlePorts(file, { kafka: port }, (line) => said.push(line), new Set([port]));
  expect(settled.kafka).toBeGreaterThan(port);
  expect(said).toHaveLength(1);
});
