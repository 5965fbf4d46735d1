import type { ReadModelRow } from '../../../connectors/ports/sink-rows.ts';
import { isPassing } from '../../../connectors/postgres/faults.ts';
import type { Pool } from '../../../connectors/postgres/pool.ts';
import { readOffsets } from '../../../connectors/postgres/sink-offsets.ts';
import { writePostgresChunk } from '../../../connectors/postgres/sink.ts';
import { readModelRow } from '../../../processors/sinks/read-model-row.ts';
import { POSTGRES_SINK } from '../../topics.ts';
import { failpoint } from '../failpoint.ts';
import type { Failpoint } from '../failpoints.ts';
import type { SinkStore } from './store.ts';

/** The read model: rows and offsets move in one transaction. */
export function postgresSink({ pool, passed = failpoint }: { pool: Pool; passed?: (point: Failpoint) => void }): SinkStore<ReadModelRow> {
  return {
    row: readModelRow,
    resume: (partitions) => readOffsets(pool, POSTGRES_SINK, partitions),
    write: ({ entries, ranges, refuse }) =>
      writePostgresChunk(pool, entries.map(({ row }) => row), ranges, {
        sink: POSTGRES_SINK,
        passed: (point) => passed(`postgres-sink.${point}`),
        onRefused(refused) {
          const byRow = new Map(entries.map((entry) => [entry.row, entry]));
          return refuse(refused.flatMap(({ row, error }) => {
            const entry = byRow.get(row);
            return entry ? [{ entry, error }] : [];
          }));
        },
      }),
    isPassing,
    close: () => pool.end(),
  };
}
