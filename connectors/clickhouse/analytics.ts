import { readFileSync } from 'node:fs';
import { openClickHouse } from './client.ts';

const FILE = new URL('./analytics.sql', import.meta.url);

export interface Period {
  /** ms since the epoch, UTC; included. */
  from: number;
  /** ms since the epoch, UTC; not included. */
  to: number;
}

export type AnalyticsResult = Record<string, unknown>[];

export interface Analytics {
  /** Runs a query of analytics.sql by its name. 64-bit counts and sums come as numbers. @throws RangeError for a name that no query has */
  query(name: string, period: Period): Promise<AnalyticsResult>;
  /** Answers, or throws what keeps the server from answering. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** The queries of analytics.sql by name, in the file's order. */
export function analyticsQueries(): Map<string, string> {
  const [, ...parts] = readFileSync(FILE, 'utf8').split(/^-- name: /m);
  return new Map(parts.map((part) => {
    const [name = '', ...sql] = part.split('\n');
    return [name.trim(), sql.join('\n').trim().replace(/;$/, '')];
  }));
}

export function openAnalytics({ clickhouseUrl }: { clickhouseUrl: string }): Analytics {
  const client = openClickHouse(clickhouseUrl, 'iaros-analytics');
  const queries = analyticsQueries();
  return {
    async query(name, { from, to }) {
      const query = queries.get(name);
      if (query === undefined) throw new RangeError(`analytics.sql has no query ${name}`);
      const result = await client.query({
        query,
        query_params: { from: new Date(from), to: new Date(to) },
        format: 'JSONEachRow',
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      });
      return result.json<Record<string, unknown>>();
    },
    async check() {
      const { success, ...rest } = await client.ping({ select: true });
      if (!success) throw 'error' in rest ? rest.error : new Error('ClickHouse does not answer');
    },
    close: () => client.close(),
  };
}
