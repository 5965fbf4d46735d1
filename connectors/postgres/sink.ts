import type { OffsetRange, ReadModelRow } from '../ports/sink-rows.ts';
import { isRefusal } from './faults.ts';
import { insertEvents } from './insert-events.ts';
import { type Client, inTransaction, type Pool } from './pool.ts';
import { advanceOffsets } from './sink-offsets.ts';
import { upsertOrders } from './upsert-orders.ts';

/** A row that the database cannot take, and why. */
export interface RefusedRow {
  row: ReadModelRow;
  error: Error;
}

/** Another event stands in the history where this one belongs: one of the two is not the pipeline's. */
export class ConflictingEvent extends Error {
  override name = 'ConflictingEvent';
  readonly code = 'conflicting_event';
  constructor({ event }: ReadModelRow) {
    super(`event ${event.eventId} contradicts the history of order ${event.orderId} at version ${event.version}`);
  }
}

export interface ChunkOptions {
  /** Whose offsets move. */
  sink: string;
  /** Takes rows that were refused, before the rest is committed; where it throws, nothing is. */
  onRefused(refused: readonly RefusedRow[]): Promise<void>;
  /** Told how far the write has come, for crash tests: offsets moved, rows written, both committed. */
  passed?(point: 'offsets' | 'written' | 'committed'): void;
}

/**
 * Writes one chunk in one transaction: history, read model and the sink's offsets. A repeat of an event changes nothing.
 * Rows that the database refuses are found by halving and handed to `onRefused`; the rest goes in.
 * @throws OffsetsMoved where the offsets do not stand at the ranges' starts; whatever the connection throws (see faults.ts)
 */
export async function writePostgresChunk(
  pool: Pool,
  rows: readonly ReadModelRow[],
  ranges: readonly OffsetRange[],
  options: ChunkOptions,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    // What a crash of the server loses of the last transactions is read again, as their offsets are lost with them.
    await client.query('SET LOCAL synchronous_commit = off');
    await advanceOffsets(client, options.sink, ranges);
    options.passed?.('offsets');
    const refused = await writeRows(client, rows);
    if (refused.length > 0) await options.onRefused(refused);
    options.passed?.('written');
  });
  options.passed?.('committed');
}

async function writeRows(client: Client, rows: readonly ReadModelRow[]): Promise<RefusedRow[]> {
  if (rows.length === 0) return [];
  await client.query('SAVEPOINT rows');
  try {
    const conflicts = await insertEvents(client, rows.map(({ event }) => event));
    const kept = conflicts.size === 0 ? rows : rows.filter((_, position) => !conflicts.has(position));
    if (kept.length > 0) await upsertOrders(client, kept.map(({ order }) => order));
    await client.query('RELEASE SAVEPOINT rows');
    return [...conflicts].map((position) => rows[position] as ReadModelRow).map((row) => ({ row, error: new ConflictingEvent(row) }));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await client.query('ROLLBACK TO SAVEPOINT rows');
    return halve(client, rows, error as Error);
  }
}

async function halve(client: Client, rows: readonly ReadModelRow[], error: Error): Promise<RefusedRow[]> {
  if (rows.length === 1) return rows.map((row) => ({ row, error }));
  const middle = Math.ceil(rows.length / 2);
  const first = await writeRows(client, rows.slice(0, middle));
  return [...first, ...(await writeRows(client, rows.slice(middle)))];
}
