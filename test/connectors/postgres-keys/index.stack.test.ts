import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { openPostgresKeys, type PostgresKeys } from '../../../connectors/postgres-keys/index.ts';
import { keysConformance } from '../../conformance/keys.ts';

const masterKey = randomBytes(32);
const database = `keys_${randomUUID().replaceAll('-', '')}`;
const databaseUrl = Object.assign(new URL(inject('stack').databaseUrl), { pathname: `/${database}` }).href;
let server: pg.Client;
let client: pg.Client;

// A database of its own: the keys of others are under other master keys.
beforeAll(async () => {
  server = new pg.Client({ connectionString: inject('stack').databaseUrl });
  await server.connect();
  await server.query(`CREATE DATABASE ${database}`);
  client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await server.query(`DROP DATABASE ${database} WITH (FORCE)`);
  await server.end();
});

const opened: PostgresKeys[] = [];
async function open(clock?: () => number): Promise<PostgresKeys> {
  const keys = await openPostgresKeys({ databaseUrl, masterKey, ...(clock ? { clock } : {}) });
  opened.push(keys);
  return keys;
}
const closeAll = async (): Promise<void> => {
  await Promise.all(opened.splice(0).map((keys) => keys.close()));
};
afterEach(closeAll);

keysConformance('Postgres', async () => ({ keys: await open(), another: () => open(), close: closeAll }));

describe('keys in Postgres', () => {
  it('make their table once, however many processes start', async () => {
    await client.query('DROP TABLE IF EXISTS customer_keys');
    await Promise.all(Array.from({ length: 6 }, () => open()));
    const { rows } = await client.query(`SELECT count(*)::int AS tables FROM pg_class WHERE relname = 'customer_keys'`);
    expect(rows).toEqual([{ tables: 1 }]);
  });

  it('outlive the process', async () => {
    const before = await (await open()).keyFor('C-durable');
    const after = await (await open()).keyFor('C-durable');
    expect(after.secret.equals(before.secret)).toBe(true);
  });

  it('leave one row a customer, under two processes that race', async () => {
    const [one, other] = [await open(), await open()];
    const customers = Array.from({ length: 300 }, (_, at) => `C-race-${at}`);
    // Opposite orders: inserted as they come, the two would wait for each other.
    await Promise.all([
      ...customers.map((id) => one.keyFor(id)),
      ...[...customers].reverse().map((id) => other.keyFor(id)),
    ]);
    const { rows } = await client.query(
      `SELECT count(*)::int AS keys FROM customer_keys WHERE customer_id LIKE 'C-race-%'`,
    );
    expect(rows).toEqual([{ keys: 300 }]);
  });

  it('delete the row of a forgotten customer', async () => {
    const keys = await open();
    const { keyId } = await keys.keyFor('C-gone');
    await keys.forget('C-gone');
    const { rows } = await client.query('SELECT 1 FROM customer_keys WHERE customer_id = $1 OR key_id = $2', [
      'C-gone',
      keyId,
    ]);
    expect(rows).toEqual([]);
  });

  it('disappear from other processes within a minute, and seal no more after five seconds', async () => {
    let now = 0;
    const [here, elsewhere] = [await open(), await open(() => now)];
    const { keyId } = await elsewhere.keyFor('C-erased');
    await here.forget('C-erased');
    now = 4_999;
    expect((await elsewhere.keyFor('C-erased')).keyId).toBe(keyId);
    now = 5_000;
    expect((await elsewhere.keyFor('C-erased')).keyId).not.toBe(keyId);
    now = 59_999;
    expect((await elsewhere.keyById(keyId))?.keyId).toBe(keyId);
    now = 60_000;
    expect(await elsewhere.keyById(keyId)).toBeUndefined();
  });

  it('are not brought back by a lookup that was under way', async () => {
    const keys = await open();
    const { keyId } = await (await open()).keyFor('C-late');
    const [, found] = await Promise.all([keys.forget('C-late'), keys.keyById(keyId)]);
    expect([undefined, keyId]).toContain(found?.keyId);
    expect(await keys.keyById(keyId)).toBeUndefined();
  });

  it('refuse ids that Postgres cannot hold, without failing those who ask at the same time', async () => {
    const keys = await open();
    const outcomes = await Promise.allSettled([keys.keyFor('C-\0'), keys.keyFor('C-\ud800'), keys.keyFor('C-fine')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  });
});

describe('what is wrong with the installation', () => {
  it('is said at the start where the master key is not the one the keys are under', async () => {
    await (await open()).keyFor('C-any');
    await expect(openPostgresKeys({ databaseUrl, masterKey: randomBytes(32) })).rejects.toThrow(
      'does not open with this master key',
    );
  });

  it('is passing where the database is away', async () => {
    const away = { databaseUrl: 'postgresql://127.0.0.1:1/none', masterKey };
    await expect(openPostgresKeys(away)).rejects.toMatchObject({ name: 'TransientFault' });
  });

  it('is passing where the connection breaks, and over once it is back', async () => {
    const keys = await open();
    await keys.keyFor('C-broken');
    await server.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'iaros-keys'`,
      [database],
    );
    await server.query(`ALTER DATABASE ${database} ALLOW_CONNECTIONS false`);
    try {
      await expect(keys.check()).rejects.toMatchObject({ name: 'TransientFault' });
    } finally {
      await server.query(`ALTER DATABASE ${database} ALLOW_CONNECTIONS true`);
    }
    await keys.check();
  });
});
