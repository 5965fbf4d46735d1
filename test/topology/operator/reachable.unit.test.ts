import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { requireReachable } from '../../../topology/operator/reachable.ts';

let server: Server;
let answering: string;
let silent: string;

async function listening(): Promise<Server> {
  const made = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return made;
}
const addressOf = (of: Server): string => `127.0.0.1:${(of.address() as { port: number }).port}`;

beforeAll(async () => {
  server = await listening();
  answering = addressOf(server);
  const gone = await listening();
  silent = addressOf(gone);
  await new Promise((resolve) => gone.close(resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

test('servers that answer are passed over, one address of several is enough', async () => {
  await expect(requireReachable([{ name: 'Kafka', addresses: [silent, answering] }, { name: 'Redis', addresses: [`redis://${answering}/0`] }])).resolves.toBeUndefined();
});

test('all that do not answer are named in one sentence, without the passwords of their addresses', async () => {
  const missing = requireReachable([
    { name: 'Kafka', addresses: [answering] },
    { name: 'Postgres', addresses: [`postgres://iaros:secret@${silent}/iaros`] },
    { name: 'ClickHouse', addresses: [`http://${silent}`] },
  ]);
  await expect(missing).rejects.toThrow(`nothing answers for Postgres at ${silent}; nor for ClickHouse at ${silent}. Is the installation running?`);
  await expect(missing).rejects.not.toThrow('secret');
});

test('an address without a port is asked at the port its kind uses', async () => {
  await expect(requireReachable([{ name: 'Postgres', addresses: ['postgres://nobody.invalid/iaros'] }])).rejects.toThrow('Postgres at nobody.invalid:5432');
  await expect(requireReachable([{ name: 'Redis', addresses: ['redis://nobody.invalid'] }])).rejects.toThrow('Redis at nobody.invalid:6379');
});

test('a server that is starting is waited for', async () => {
  const said = vi.spyOn(console, 'error').mockReturnValue();
  const waiting = requireReachable([{ name: 'the API', addresses: [silent] }], { startingForMs: 20_000 });
  await vi.waitUntil(() => said.mock.calls.length > 0);
  const started = createServer((socket) => socket.destroy()).listen(Number(silent.split(':')[1]), '127.0.0.1');
  await expect(waiting).resolves.toBeUndefined();
  expect(said.mock.calls).toEqual([[`iaros: waiting for the API at ${silent}`]]);
  said.mockRestore();
  await new Promise((resolve) => started.close(resolve));
});
