import type { ClickHouseSettings } from '@clickhouse/client';
import type { AnalyticsRow, OffsetRange } from '../ports/sink-rows.ts';
import type { ClickHouseClient } from './client.ts';
import { isRefusal } from './faults.ts';

/** `satisfies` keeps the list complete: a column that is missing, or that no row has, does not compile. */
const COLUMNS = Object.keys({
  event_id: 1, order_id: 1, version: 1, type: 1, status: 1, channel: 1, customer_id: 1, currency: 1, total_minor: 1, placed_at: 1,
  occurred_at: 1, latency_ms: 1, origin: 1, destination: 1, flight_number: 1, departure_date: 1, flights: 1, ancillaries: 1, passengers: 1,
  payment_method: 1, payment_status: 1, payment_processor: 1, decline_code: 1, fraud_score: 1, fraud_band: 1, hold_state: 1, tickets: 1,
  closure_reason: 1, topic: 1, partition: 1, record_offset: 1,
} satisfies Record<keyof AnalyticsRow, 1>) as (keyof AnalyticsRow)[];

/** One block an insert: a block is taken or dropped as a whole, and counts once in the deduplication window. */
const ONE_BLOCK: ClickHouseSettings = {
  max_insert_block_size: '1000000', input_format_parallel_parsing: 0, async_insert: 0, max_partitions_per_insert_block: '0',
};

export interface RefusedRow {
  row: AnalyticsRow;
  error: Error;
}

/**
 * Inserts rows under a token, as `insertEvents` does. Rows that the server refuses are found by halving, each half under a token of its
 * own that a repeat gives again; the rest goes in.
 */
export async function insertAccepted(client: ClickHouseClient, rows: readonly AnalyticsRow[], token: string): Promise<RefusedRow[]> {
  try {
    await insertEvents(client, rows, token);
    return [];
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const [row] = rows;
    if (rows.length === 1 && row) return [{ row, error: error as Error }];
    const middle = Math.ceil(rows.length / 2);
    const first = await insertAccepted(client, rows.slice(0, middle), `${token}/0`);
    return [...first, ...(await insertAccepted(client, rows.slice(middle), `${token}/1`))];
  }
}

/**
 * Inserts rows in one block under a token. The same rows under the same token again change nothing, in the table and in everything that
 * views make of it, as long as fewer than 10,000 other inserts came between.
 */
export async function insertEvents(client: ClickHouseClient, rows: readonly AnalyticsRow[], token: string): Promise<void> {
  if (rows.length === 0) return;
  await client.insert({
    table: 'order_events',
    columns: COLUMNS as [keyof AnalyticsRow, ...(keyof AnalyticsRow)[]],
    values: rows.map((row) => COLUMNS.map((column) => row[column])),
    format: 'JSONCompactEachRow',
    clickhouse_settings: {
      ...ONE_BLOCK,
      insert_deduplicate: 1,
      insert_deduplication_token: token,
      deduplicate_blocks_in_dependent_materialized_views: 1,
    },
  });
}

/** Rows that the table has under the same event id already, or that repeat one before them. Looks where such a row would lie by type and time. */
export async function repeatsAmong(client: ClickHouseClient, rows: readonly AnalyticsRow[]): Promise<Set<AnalyticsRow>> {
  if (rows.length === 0) return new Set();
  const times = rows.map(({ occurred_at }) => occurred_at);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const found = await longQuery<{ event_id: string }>(client, `
    SELECT DISTINCT event_id FROM order_events
    WHERE type IN (${[...new Set(rows.map(({ type }) => literal(type)))].join(', ')})
      AND ${isUsual(first) && isUsual(last) ? `occurred_at BETWEEN fromUnixTimestamp64Milli(${first}) AND fromUnixTimestamp64Milli(${last})` : 'true'}
      AND event_id IN (${rows.map(({ event_id }) => literal(event_id)).join(', ')})`);
  const seen = new Set(found.map(({ event_id }) => event_id));
  const repeats = new Set<AnalyticsRow>();
  for (const row of rows) {
    if (seen.has(row.event_id)) repeats.add(row);
    seen.add(row.event_id);
  }
  return repeats;
}

/** Times far out are stored as something nearer. */
const isUsual = (ms: number): boolean => ms >= 0 && ms < Date.UTC(2200, 0, 1);

/** Which records of the ranges the table holds, as `<topic>/<partition>/<offset>`. */
export async function storedRecords(client: ClickHouseClient, ranges: readonly OffsetRange[]): Promise<Set<string>> {
  if (ranges.length === 0) return new Set();
  const inRanges = ranges.map(({ topic, partition, from, next }) =>
    `(topic = ${literal(topic)} AND partition = ${partition} AND record_offset >= ${from} AND record_offset < ${next})`,
  );
  const found = await longQuery<{ record: string }>(client, `
    SELECT concat(topic, '/', toString(partition), '/', toString(record_offset)) AS record FROM order_events WHERE ${inRanges.join(' OR ')}`);
  return new Set(found.map(({ record }) => record));
}

/** Values are part of the text: as parameters they would go into the address, which has no room for thousands. */
async function longQuery<Row>(client: ClickHouseClient, query: string): Promise<Row[]> {
  const result = await client.query({ query, format: 'JSONEachRow', clickhouse_settings: { max_query_size: String(query.length * 4) } });
  return result.json<Row>();
}

const literal = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
