import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { ChaosRun, Fault } from '../fault.ts';
import { inTurn, inTurnFor, type Lengths, type Times } from './in-turn.ts';
import { away } from './outage.ts';

const KILLS: Times = { quick: 1, full: 5 };
/** Once as long as it says, and twice so that more than one chunk and more than one retry is caught. */
const OUTAGES_MS: Lengths = { quick: [4_000], full: [60_000, 15_000, 15_000] };
const READ_ONLY_MS: Lengths = { quick: [3_000], full: [20_000] };
/** Long enough for the sink to have come by and to wait inside its transaction. */
const HELD_UP_MS = 1_000;

export const STORE_FAULTS: readonly Fault[] = [
  {
    name: 'postgres-outage',
    title: 'Postgres away for up to 60 s',
    planned: (scale) => OUTAGES_MS[scale].length,
    inject: (run) => inTurnFor(run, OUTAGES_MS, 'postgres away', (ms) => away(run, 'postgres', ms)),
  },
  {
    name: 'postgres-kill',
    title: 'Postgres killed (SIGKILL) while the sink is inside a transaction',
    planned: (scale) => KILLS[scale],
    inject: (run) => inTurn(run, KILLS, 'SIGKILL postgres in a transaction', () => killInTransaction(run)),
  },
  {
    name: 'postgres-read-only',
    title: 'Postgres takes no writes',
    planned: (scale) => READ_ONLY_MS[scale].length,
    inject: (run) => inTurnFor(run, READ_ONLY_MS, 'postgres read-only', (ms) => readOnly(run, ms)),
  },
  {
    name: 'clickhouse-outage',
    title: 'ClickHouse away for up to 60 s',
    planned: (scale) => OUTAGES_MS[scale].length,
    inject: (run) => inTurnFor(run, OUTAGES_MS, 'clickhouse away', (ms) => away(run, 'clickhouse', ms)),
  },
  {
    name: 'clickhouse-kill',
    title: 'ClickHouse killed (SIGKILL) during an insert',
    planned: (scale) => KILLS[scale],
    inject: (run) => inTurn(run, KILLS, 'SIGKILL clickhouse in an insert', () => killInInsert(run)),
  },
];

async function withPostgres<T>(run: ChaosRun, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: run.servers.addresses.databaseUrl });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The table of events is locked, so that the sink's transaction, with orders and offsets in it, waits when the server dies. */
function killInTransaction(run: ChaosRun): Promise<void> {
  return withPostgres(run, async (client) => {
    await client.query('BEGIN');
    await client.query('LOCK TABLE order_events IN EXCLUSIVE MODE');
    await sleep(HELD_UP_MS);
    await run.servers.kill('postgres');
  });
}

async function readOnly(run: ChaosRun, ms: number): Promise<void> {
  const set = (value: 'on' | 'off'): Promise<void> =>
    withPostgres(run, async (client) => {
      await client.query(`SET default_transaction_read_only = off`);
      await client.query(`ALTER SYSTEM SET default_transaction_read_only = ${value}`);
      await client.query('SELECT pg_reload_conf()');
    });
  await set('on');
  try {
    await sleep(ms, undefined, { signal: run.signal });
  } finally {
    await set('off');
  }
}

/** The reply to an insert is held back, so the insert is done or under way when the server dies. */
async function killInInsert(run: ChaosRun): Promise<void> {
  await run.proxies.clickhouse.behave({ kind: 'latency', ms: HELD_UP_MS, jitterMs: 0 });
  try {
    await sleep(HELD_UP_MS + HELD_UP_MS * run.random.next());
    await run.servers.kill('clickhouse');
  } finally {
    await run.proxies.clickhouse.behave({ kind: 'pass' });
  }
}
