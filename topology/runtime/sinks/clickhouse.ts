import { randomUUID } from 'node:crypto';
import type { ClickHouseClient } from '../../../connectors/clickhouse/client.ts';
import { insertAccepted, repeatsAmong, storedRecords } from '../../../connectors/clickhouse/sink.ts';
import type { CataloguePort } from '../../../connectors/ports/catalogue.ts';
import type { AnalyticsRow, LogPosition, OffsetRange } from '../../../connectors/ports/sink-rows.ts';
import { dropDoneBatches, type PlannedBatch, planBatch, redoPlannedBatch, settleBatch } from '../../../connectors/postgres/clickhouse-batches.ts';
import { isPassing } from '../../../connectors/postgres/faults.ts';
import type { Pool } from '../../../connectors/postgres/pool.ts';
import { readOffsets } from '../../../connectors/postgres/sink-offsets.ts';
import { analyticsRow } from '../../../processors/sinks/analytics-row.ts';
import { CLICKHOUSE_SINK } from '../../topics.ts';
import { failpoint, failpointBefore } from '../failpoint.ts';
import type { Failpoint } from '../failpoints.ts';
import type { Refuse, SinkEntry, SinkStore } from './store.ts';

/** Done batches are kept this long, to look back. */
const KEEP_DONE_MS = 3_600_000;

export interface ClickHouseSinkOptions {
  clickhouse: ClickHouseClient;
  /** Holds the sink's offsets and plans. */
  pool: Pool;
  catalogue: Pick<CataloguePort, 'flight'>;
  /** Reads the ranges again: the entries they gave, by partition, in the order of the log. */
  readAgain(ranges: readonly OffsetRange[], sink: SinkStore<AnalyticsRow>): Promise<SinkEntry<AnalyticsRow>[]>;
  passed?: (point: Failpoint) => void;
}

/**
 * ClickHouse has no transaction to put offsets in. So Postgres first holds the plan (these ranges, under this id) in the transaction that
 * moves the offsets, and only then the rows go in, with the id as deduplication token. A plan that is still open after a crash is read from
 * Kafka again and inserted under the same token: whether the rows were in already makes no difference.
 */
export function clickHouseSink(options: ClickHouseSinkOptions): SinkStore<AnalyticsRow> {
  const { clickhouse, pool, catalogue, readAgain, passed = failpoint } = options;

  const sink: SinkStore<AnalyticsRow> = {
    row: (event, position) => analyticsRow(event, position, catalogue),
    async finish(refuse) {
      while (await redoPlannedBatch(pool, (batch) => redo(batch, refuse)));
      await dropDoneBatches(pool, KEEP_DONE_MS);
    },
    resume: (partitions) => readOffsets(pool, CLICKHOUSE_SINK, partitions),
    async write({ entries, ranges, refuse }) {
      const repeated = await repeatsAmong(clickhouse, entries.map(({ row }) => row));
      const batch = { batchId: randomUUID(), ranges, repeats: [...repeated].map(positionOf) };
      await planBatch(pool, CLICKHOUSE_SINK, batch);
      passed('clickhouse-sink.planned');
      const news = entries.filter(({ row }) => !repeated.has(row));
      await settleBatch(pool, batch.batchId, async () => {
        await failpointBefore('clickhouse-sink.sent', insert(news, batch.batchId, refuse));
        passed('clickhouse-sink.inserted');
      });
      passed('clickhouse-sink.settled');
    },
    isPassing,
    close: async () => void (await Promise.all([pool.end(), clickhouse.close()])),
  };

  async function redo({ batchId, ranges, repeats }: PlannedBatch, refuse: Refuse<AnalyticsRow>): Promise<void> {
    const leftOut = new Set(repeats.map(recordName));
    const entries = (await readAgain(ranges, sink)).filter(({ row }) => !leftOut.has(recordName(positionOf(row))));
    const refused = await insert(entries, batchId, refuse);
    passed('clickhouse-redo.inserted');
    // A server that was killed between noting the token and keeping the rows takes the repeat for done.
    const stored = await storedRecords(clickhouse, ranges);
    const missing = entries.filter(({ row }) => !refused.has(row) && !stored.has(recordName(positionOf(row))));
    await insert(missing, `${batchId}/missing`, refuse);
  }

  /** @returns rows that the server did not take */
  async function insert(entries: readonly Entry[], token: string, refuse: Refuse<AnalyticsRow>): Promise<Set<AnalyticsRow>> {
    const refused = new Map((await insertAccepted(clickhouse, entries.map(({ row }) => row), token)).map(({ row, error }) => [row, error]));
    await refuse(entries.flatMap((entry) => {
      const error = refused.get(entry.row);
      return error ? [{ entry, error }] : [];
    }));
    return new Set(refused.keys());
  }

  return sink;
}

type Entry = SinkEntry<AnalyticsRow>;

const positionOf = ({ topic, partition, record_offset }: AnalyticsRow): LogPosition => ({ topic, partition, offset: record_offset });
const recordName = ({ topic, partition, offset }: LogPosition): string => `${topic}/${partition}/${offset}`;
