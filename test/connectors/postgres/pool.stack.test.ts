import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { inTransaction, openPool, type Pool } from '../../../connectors/postgres/pool.ts';
import { PASS } from '../../chaos/proxy/behaviour.ts';
import { TcpProxy } from '../../chaos/proxy/tcp-proxy.ts';

let proxy: TcpProxy;
let pool: Pool;

beforeEach(async () => {
  const url = new URL(inject('stack').databaseUrl);
  proxy = await TcpProxy.open({ target: { host: url.hostname, port: Number(url.port) } });
  url.port = String(proxy.port);
  pool = openPool(url.href, { name: 'test', max: 1, statementTimeoutMs: 300, idleInTransactionMs: 500 });
});
afterEach(async () => {
  await pool.end();
  await proxy.close();
});

/** From here on the connections that the pool has are dead, and nobody has closed them. */
async function dieSilently(): Promise<void> {
  await proxy.behave({ kind: 'half_open' });
  await proxy.behave(PASS);
}

test('a query on a connection that died silently fails in time, and the next one gets a new connection', async () => {
  await pool.query('SELECT 1');
  await dieSilently();
  await expect(pool.query('SELECT 1')).rejects.toThrow('Query read timeout');
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});

test('so does a transaction', async () => {
  await pool.query('SELECT 1');
  const work = inTransaction(pool, async (client) => {
    await client.query('SELECT 1');
    await dieSilently();
    await client.query('SELECT 1');
  });
  await expect(work).rejects.toThrow('Query read timeout');
  expect(await inTransaction(pool, async (client) => (await client.query('SELECT 2 AS two')).rows)).toEqual([{ two: 2 }]);
});

test('the locks of a transaction whose connection died silently are free again soon', async () => {
  const holder = inTransaction(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock(4711)');
    await dieSilently();
    await client.query('SELECT 1');
  });
  await expect(holder).rejects.toThrow('Query read timeout');
  const lock = (): Promise<unknown> => inTransaction(pool, (client) => client.query('SELECT pg_advisory_xact_lock(4711)'));
  await expect(vi.waitFor(lock, { timeout: 4_000, interval: 50 })).resolves.toBeDefined();
});
