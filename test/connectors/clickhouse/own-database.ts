import { randomUUID } from 'node:crypto';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { openClickHouse } from '../../../connectors/clickhouse/client.ts';
import { migrateClickHouse } from '../../../connectors/clickhouse/migrate.ts';
import type { AnalyticsRow } from '../../../connectors/ports/sink-rows.ts';
import { analyticsRow } from '../../../processors/sinks/analytics-row.ts';
import type { AnyOrderEvent } from '../../../schemas/types.ts';

export interface OwnDatabase {
  url: string;
  client: ClickHouseClient;
  rows<Row>(query: string): Promise<Row[]>;
  drop(): Promise<void>;
}

/** A database of the test's own beside the given one, migrated. */
export async function ownDatabase(clickhouseUrl: string): Promise<OwnDatabase> {
  const name = `test_${randomUUID().slice(0, 8)}`;
  const root = createClient({ url: clickhouseUrl });
  await root.command({ query: `CREATE DATABASE ${name}` });
  const url = Object.assign(new URL(clickhouseUrl), { pathname: `/${name}` }).href;
  await migrateClickHouse(url);
  const client = openClickHouse(url, 'test');
  return {
    url,
    client,
    async rows(query) {
      const result = await client.query({ query, format: 'JSONEachRow', clickhouse_settings: { output_format_json_quote_64bit_integers: 0 } });
      return result.json();
    },
    async drop() {
      await client.close();
      await root.command({ query: `DROP DATABASE ${name}` });
      await root.close();
    },
  };
}

const ROUTES: Record<string, { origin: string; destination: string }> = {
  IA101: { origin: 'LHR', destination: 'JFK' },
  IA102: { origin: 'JFK', destination: 'LHR' },
};

/** Rows of events, as if read from one partition. */
export const rowsOf = (events: readonly AnyOrderEvent[], from = 0): AnalyticsRow[] =>
  events.map((event, at) =>
    analyticsRow(event, { topic: 'orders.test.v1', partition: 0, offset: String(from + at) }, { flight: (number) => ROUTES[number] as never }),
  );
