import type { OffsetRange } from '../ports/sink-rows.ts';
import type { Client, Pool } from './pool.ts';

export interface PartitionName {
  topic: string;
  partition: number;
}

/** Someone else has moved the sink's offsets, or the server lost its last transactions: what was read has to be read again. */
export class OffsetsMoved extends Error {
  override name = 'OffsetsMoved';
}

/**
 * Where the sink goes on in each partition, in the order asked; 0 for one it has taken nothing of. Makes rows for new partitions,
 * so that `advance` always has one to compare with.
 */
export async function readOffsets(pool: Pool, sink: string, partitions: readonly PartitionName[]): Promise<bigint[]> {
  const asked = [sink, partitions.map(({ topic }) => topic), partitions.map(({ partition }) => partition)];
  await pool.query(
    `INSERT INTO sink_offsets (sink, topic, partition, next)
     SELECT $1, topic, partition, 0 FROM unnest($2::text[], $3::int[]) AS asked (topic, partition) ON CONFLICT DO NOTHING`,
    asked,
  );
  const { rows } = await pool.query<{ next: string }>(
    `SELECT next FROM unnest($2::text[], $3::int[]) WITH ORDINALITY AS asked (topic, partition, position)
     JOIN sink_offsets USING (topic, partition) WHERE sink = $1 ORDER BY position`,
    asked,
  );
  return rows.map(({ next }) => BigInt(next));
}

/** Moves the offsets over the ranges within the caller's transaction; throws OffsetsMoved unless each stood at its range's start. */
export async function advanceOffsets(client: Client, sink: string, ranges: readonly OffsetRange[]): Promise<void> {
  const { rowCount } = await client.query({
    name: 'advance-offsets',
    text: `UPDATE sink_offsets AS stored SET next = moved.next
           FROM unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[]) AS moved (topic, partition, expected, next)
           WHERE stored.sink = $1 AND stored.topic = moved.topic AND stored.partition = moved.partition AND stored.next = moved.expected`,
    values: [
      sink,
      ranges.map(({ topic }) => topic),
      ranges.map(({ partition }) => partition),
      ranges.map(({ from }) => String(from)),
      ranges.map(({ next }) => String(next)),
    ],
  });
  if (rowCount !== ranges.length) throw new OffsetsMoved(`${ranges.length - (rowCount ?? 0)} of ${ranges.length} offsets of ${sink} were not where they were left`);
}
