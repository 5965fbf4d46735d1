import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';

export type { ClickHouseClient };

const REQUEST_TIMEOUT_MS = 60_000;

/** `clickhouseUrl`: http(s)://[user:password@]host:port[/database]. Opens no connection yet. */
export function openClickHouse(clickhouseUrl: string, name: string, requestTimeoutMs = REQUEST_TIMEOUT_MS): ClickHouseClient {
  return createClient({
    url: clickhouseUrl,
    application: name,
    request_timeout: requestTimeoutMs,
    max_open_connections: 4,
    // Every fault is thrown as well, and whoever catches it knows whether it is worth a line.
    log: { level: ClickHouseLogLevel.OFF },
  });
}
