import type { ClickHouseSettings } from '@clickhouse/client';
import type { AnalyticsRow, OffsetRange } from '../ports/sink-rows.ts';
import type { ClickHouseClient } from './client.ts';

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

/** Which records of the ranges the table holds, as `<topic>/<partition>/<offset>`; a record that is there twice is listed twice. */
export async function storedRecords(client: ClickHouseClient, ranges: readonly OffsetRange[]): Promise<string[]> {
  if (ranges.length === 0) return [];
  const result = await client.query({
    query: `SELECT concat(topic, '/', toString(partition), '/', toString(record_offset)) AS record FROM order_events
            WHERE ${ranges.map((_, n) => `(topic = {t${n}:String} AND partition = {p${n}:UInt32} AND record_offset >= {f${n}:UInt64} AND record_offset < {n${n}:UInt64})`).join(' OR ')}`,
    query_params: Object.fromEntries(ranges.flatMap(({ topic, partition, from, next }, n) => [
      [`t${n}`, topic], [`p${n}`, partition], [`f${n}`, String(from)], [`n${n}`, String(next)],
    ])),
    format: 'JSONEachRow',
  });
  return (await result.json<{ record: string }>()).map(({ record }) => record);
}

/** ClickHouse's error codes for data that no retry makes acceptable: unparsable, out of range, of another type. */
const REFUSED_CODES = new Set(['6', '26', '27', '33', '38', '41', '53', '69', '70', '72', '117', '131', '321', '407']);

/** The server refused the data itself; everything else may work later. */
export function isRefusal(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && 'type' in error && REFUSED_CODES.has(String(error.code));
}
