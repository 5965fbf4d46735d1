import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';

/** What the sinks, the API and analysts count on from the server that owns ClickHouse's data path. */
const url = inject('stack').clickhouseUrl;
const database = `local_${randomUUID().replaceAll('-', '')}`;
const log = { level: ClickHouseLogLevel.OFF };
let client: ClickHouseClient;

beforeAll(async () => {
  const admin = createClient({ log, url });
  await admin.command({ query: `CREATE DATABASE ${database}` });
  await admin.close();
  client = createClient({ log, url, database });
});

afterAll(async () => {
  await client.command({ query: `DROP DATABASE ${database}` });
  await client.close();
});

const rows = async <T>(query: string, query_params: Record<string, unknown> = {}): Promise<T[]> =>
  (await client.query({ query, query_params, format: 'JSONEachRow' })).json<T>();

const post = (path: string, init: RequestInit = {}) => fetch(`${url}${path}`, { method: 'POST', ...init });

describe('queries', () => {
  test('parameters arrive as they were, whatever they hold', async () => {
    const text = 'tab\there, line\nthere, quote \' " `, back\\slash, {x:String}, é漢';
    const [row] = await rows(
      'SELECT {text:String} AS text, {list:Array(String)} AS list, {none:Nullable(String)} AS none, {amount:Int64} AS amount, {name:Identifier} AS named FROM (SELECT 7 AS `odd name`)',
      { text, list: ["it's", 'b\\'], none: null, amount: '9007199254740991', name: 'odd name' },
    );
    expect(row).toEqual({ text, list: ["it's", 'b\\'], none: null, amount: 9007199254740991, named: 7 });
  });

  test('the database in the address is the current one', async () => {
    expect(await rows('SELECT currentDatabase() AS name')).toEqual([{ name: database }]);
  });

  test('a FORMAT clause wins over the default, which is TabSeparated', async () => {
    expect(await (await post('/', { body: 'SELECT 1 AS a, 2 AS b' })).text()).toBe('1\t2\n');
    expect(await (await post('/?default_format=CSV', { body: "SELECT 1, 'x'" })).text()).toBe('1,"x"\n');
    const explicit = await post('/?default_format=CSV', { body: 'SELECT 1 AS a FORMAT JSONEachRow' });
    expect(await explicit.text()).toBe('{"a":1}\n');
    expect(explicit.headers.get('x-clickhouse-format')).toBe('JSONEachRow');
  });

  test('answers are packed only when asked for', async () => {
    const packing = createClient({ log, url, compression: { response: true, request: true } });
    try {
      const result = await packing.query({ query: 'SELECT number FROM numbers(50000)', format: 'JSONEachRow' });
      expect(result.response_headers['content-encoding']).toBe('gzip');
      expect(await result.json()).toHaveLength(50_000);
    } finally {
      await packing.close();
    }
    expect(
      (await post('/', { body: 'SELECT 1', headers: { 'Accept-Encoding': 'gzip' } })).headers.get('content-encoding'),
    ).toBeNull();
  });

  test('a setting given with one call is gone in the next', async () => {
    const setting = async (clickhouse_settings: Record<string, string>) => {
      const query = "SELECT getSetting('max_block_size') AS size, getSetting('insert_deduplication_token') AS token";
      return (await client.query({ query, format: 'JSONEachRow', clickhouse_settings })).json();
    };
    const before = await setting({});
    expect(await setting({ max_block_size: '77', insert_deduplication_token: "t'1" })).toEqual([
      { size: 77, token: "t'1" },
    ]);
    expect(await setting({})).toEqual(before);
  });

  test('a long query holds up neither inserts nor other queries, and stops when nobody waits for it', async () => {
    await client.command({ query: 'CREATE TABLE beside (id UInt64) ENGINE = MergeTree ORDER BY id' });
    const running = () =>
      rows<{ n: number }>(
        "SELECT count() AS n FROM system.processes WHERE query LIKE '%sipHash64%' AND query NOT LIKE '%processes%'",
      );
    const abort = new AbortController();
    const query = 'SELECT count() FROM numbers(4000000000000) WHERE sipHash64(number) = 0 SETTINGS max_threads = 1';
    const long = client.query({ query, abort_signal: abort.signal }).catch((error) => error);
    await vi.waitFor(async () => expect(await running()).toEqual([{ n: 1 }]));
    await client.insert({ table: 'beside', values: [{ id: 1 }], format: 'JSONEachRow' });
    expect(await rows('SELECT count() AS n FROM beside')).toEqual([{ n: 1 }]);
    abort.abort();
    expect(await long).toBeInstanceOf(Error);
    await vi.waitFor(async () => expect(await running()).toEqual([{ n: 0 }]), { timeout: 10_000 });
  });
});

describe('inserts', () => {
  test('rows come in by array, by stream and by packed stream', async () => {
    await client.command({ query: 'CREATE TABLE taken (id UInt64, note String) ENGINE = MergeTree ORDER BY id' });
    const row = (id: number) => ({ id, note: `line ${id}\n; -- "é" '` });
    const packing = createClient({ log, url, database, compression: { request: true } });
    try {
      await client.insert({ table: 'taken', values: [row(1), row(2)], format: 'JSONEachRow' });
      await client.insert({ table: 'taken', values: Readable.from([row(3), row(4)]), format: 'JSONEachRow' });
      await packing.insert({ table: 'taken', values: Readable.from([row(5)]), format: 'JSONEachRow' });
      await client.insert({
        table: 'taken',
        values: [['6', 'x']],
        format: 'JSONCompactEachRow',
        columns: ['id', 'note'],
      });
      await client.insert({ table: 'taken', values: [], format: 'JSONEachRow' });
    } finally {
      await packing.close();
    }
    expect(await rows('SELECT * FROM taken ORDER BY id')).toEqual([
      row(1),
      row(2),
      row(3),
      row(4),
      row(5),
      { id: 6, note: 'x' },
    ]);
    const raw = await post(`/?database=${database}&query=INSERT%20INTO%20taken%20FORMAT%20CSV`, {
      body: gzipSync('7,"a;b"\n'),
      headers: { 'Content-Encoding': 'gzip' },
    });
    expect(raw.status).toBe(200);
    expect(await rows('SELECT note FROM taken WHERE id = 7')).toEqual([{ note: 'a;b' }]);
  });

  test('an insert repeated with its token counts once, in the table and in what hangs on it', async () => {
    const window = 'SETTINGS non_replicated_deduplication_window = 1000';
    await client.command({
      query: `CREATE TABLE sales (id UInt64, amount Int64) ENGINE = MergeTree ORDER BY id ${window}`,
    });
    await client.command({
      query: `CREATE TABLE sums (k UInt8, amount Int64) ENGINE = SummingMergeTree ORDER BY k ${window}`,
    });
    await client.command({ query: 'CREATE MATERIALIZED VIEW sums_view TO sums AS SELECT 1 AS k, amount FROM sales' });
    const insert = (token: string, values: object[]) =>
      client.insert({
        table: 'sales',
        values,
        format: 'JSONEachRow',
        clickhouse_settings: {
          insert_deduplication_token: token,
          deduplicate_blocks_in_dependent_materialized_views: 1,
        },
      });
    await insert('orders:0:0-1', [
      { id: 1, amount: 23400 },
      { id: 2, amount: 100 },
    ]);
    await insert('orders:0:0-1', [
      { id: 1, amount: 23400 },
      { id: 2, amount: 100 },
    ]);
    await insert('orders:0:2-2', [{ id: 1, amount: 23400 }]);
    await insert('orders:0:0-1', [
      { id: 1, amount: 23400 },
      { id: 2, amount: 100 },
    ]);
    expect(await rows('SELECT count() AS n, sum(amount) AS total FROM sales')).toEqual([{ n: 3, total: 46900 }]);
    expect(await rows('SELECT sum(amount) AS total FROM sums')).toEqual([{ total: 46900 }]);
  });

  test('a bad row refuses the whole insert', async () => {
    await client.command({ query: 'CREATE TABLE strict (id UInt64) ENGINE = MergeTree ORDER BY id' });
    const insert = client.insert({ table: 'strict', values: [{ id: 1 }, { id: 'x' }], format: 'JSONEachRow' });
    await expect(insert).rejects.toMatchObject({ code: '27', type: 'CANNOT_PARSE_INPUT_ASSERTION_FAILED' });
    expect(await rows('SELECT count() AS n FROM strict')).toEqual([{ n: 0 }]);
  });
});

describe('refusals', () => {
  test.each([
    ['SELEC 1', '62', 'SYNTAX_ERROR'],
    ['SELECT * FROM nowhere', '60', 'UNKNOWN_TABLE'],
    ['SELECT throwIf(1)', '395', 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO'],
    ['SELECT {missing:String}', '456', 'UNKNOWN_QUERY_PARAMETER'],
  ])('%s is an error with its code', async (query, code, type) => {
    await expect(client.query({ query })).rejects.toMatchObject({ code, type });
  });

  test('errors carry a status and the code as a header', async () => {
    const response = await post('/', { body: 'SELECT * FROM nowhere' });
    expect([response.status, response.headers.get('x-clickhouse-exception-code')]).toEqual([404, '60']);
    expect(await response.text()).toMatch(/^Code: 60\. DB::Exception: /);
    expect((await post('/?no_such_setting=1', { body: 'SELECT 1' })).status).toBe(400);
    expect((await post('/', { body: '' })).status).toBe(400);
    expect((await fetch(`${url}/elsewhere`)).status).toBe(404);
  });

  test('a GET changes nothing', async () => {
    const query = encodeURIComponent(`CREATE TABLE ${database}.by_get (id UInt8) ENGINE = MergeTree ORDER BY id`);
    const response = await fetch(`${url}/?query=${query}`);
    expect(await response.text()).toMatch(/READONLY/);
    expect(await rows("SELECT count() AS n FROM system.tables WHERE name = 'by_get'")).toEqual([{ n: 0 }]);
    expect(await (await fetch(`${url}/?query=SELECT%201`)).text()).toBe('1\n');
  });
});
