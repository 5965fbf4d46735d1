import type { LogPosition, OffsetRange } from '../ports/sink-rows.ts';
import { type Client, inTransaction, type Pool } from './pool.ts';
import { advanceOffsets } from './sink-offsets.ts';

interface StoredRange {
  topic: string;
  partition: number;
  from: string;
  next: string;
}

export interface PlannedBatch {
  /** Also the token of the insert. */
  batchId: string;
  ranges: readonly OffsetRange[];
  /** Events in the ranges that are not inserted, as they were before: a record can be put on its topic again. */
  repeats: readonly LogPosition[];
}

/**
 * Writes down what is about to be inserted into ClickHouse, and moves the sink's offsets past it. From here on exactly these ranges
 * go in under this id, by whoever gets to it. Durable when it returns.
 * @throws OffsetsMoved
 */
export async function planBatch(pool: Pool, sink: string, { batchId, ranges, repeats }: PlannedBatch): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query('SET LOCAL synchronous_commit = on');
    await advanceOffsets(client, sink, ranges);
    await client.query('INSERT INTO clickhouse_batches (batch_id, ranges, repeats) VALUES ($1, $2, $3)', [
      batchId, JSON.stringify(ranges.map(toStored)), JSON.stringify(repeats),
    ]);
  });
}

/** Runs `insert` while holding the planned batch, then marks it done. Does nothing where another process has seen to it. */
export async function settleBatch(pool: Pool, batchId: string, insert: () => Promise<void>): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(`SELECT FROM clickhouse_batches WHERE batch_id = $1 AND state = 'planned' FOR UPDATE`, [batchId]);
    if (rowCount === 0) return;
    await insert();
    await markDone(client, batchId);
  });
}

/**
 * Sees to one batch that a crash left planned, the oldest first; batches that another process is at are passed over.
 * @returns false when there was none
 */
export async function redoPlannedBatch(pool: Pool, insert: (batch: PlannedBatch) => Promise<void>): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ batchId: string; ranges: StoredRange[]; repeats: LogPosition[] }>(
      `SELECT batch_id AS "batchId", ranges, repeats FROM clickhouse_batches WHERE state = 'planned'
       ORDER BY planned_at, batch_id LIMIT 1 FOR UPDATE SKIP LOCKED`,
    );
    const batch = rows[0];
    if (!batch) return false;
    await insert({ ...batch, ranges: batch.ranges.map(fromStored) });
    await markDone(client, batch.batchId);
    return true;
  });
}

/** Done batches serve to look back for a while, then go. */
export async function dropDoneBatches(pool: Pool, olderThanMs: number): Promise<void> {
  await pool.query(
    `DELETE FROM clickhouse_batches WHERE state = 'done' AND planned_at < now() - $1 * interval '1 millisecond'`,
    [olderThanMs],
  );
}

async function markDone(client: Client, batchId: string): Promise<void> {
  await client.query(`UPDATE clickhouse_batches SET state = 'done' WHERE batch_id = $1`, [batchId]);
}

const toStored = ({ topic, partition, from, next }: OffsetRange): StoredRange => ({ topic, partition, from: String(from), next: String(next) });
const fromStored = ({ topic, partition, from, next }: StoredRange): OffsetRange => ({ topic, partition, from: BigInt(from), next: BigInt(next) });
