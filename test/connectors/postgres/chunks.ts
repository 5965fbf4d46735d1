import type { OffsetRange, ReadModelRow } from '../../../connectors/ports/sink-rows.ts';
import type { Pool } from '../../../connectors/postgres/pool.ts';
import { type RefusedRow, writePostgresChunk } from '../../../connectors/postgres/sink.ts';
import { readOffsets } from '../../../connectors/postgres/sink-offsets.ts';
import { readModelRow } from '../../../processors/sinks/read-model-row.ts';
import type { AnyOrderEvent } from '../../../schemas/types.ts';

const TOPIC = 'orders.test.v1';

export const rangeOf = (from: number, next: number): OffsetRange => ({ topic: TOPIC, partition: 0, from: BigInt(from), next: BigInt(next) });

export const rowsOf = (events: readonly AnyOrderEvent[], from = 0): ReadModelRow[] =>
  events.map((event, at) => readModelRow(event, { topic: TOPIC, partition: 0, offset: String(from + at) }));

/** Writes the events as the next chunk of one partition. @returns what the database refused */
export async function writeNext(pool: Pool, events: readonly AnyOrderEvent[]): Promise<RefusedRow[]> {
  const refused: RefusedRow[] = [];
  const [next = 0n] = await readOffsets(pool, 'test', [{ topic: TOPIC, partition: 0 }]);
  const from = Number(next);
  await writePostgresChunk(pool, rowsOf(events, from), [rangeOf(from, from + events.length)], {
    sink: 'test', onRefused: async (rows) => void refused.push(...rows),
  });
  return refused;
}
