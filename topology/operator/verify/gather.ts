import { Redis } from 'ioredis';
import { demoAirline } from '../../../connectors/demo-airline/index.ts';
import type { Kafka } from '../../runtime/kafka.ts';
import { snapshotOf } from '../../runtime/rebuild.ts';
import { orderFlow } from '../../order-flow.ts';
import { openTransactions } from '../../runtime/topic-reader.ts';
import { topicsOf } from '../../topics.ts';
import { attach } from '../attach.ts';
import { readAuditRecords } from '../audit/audit-log.ts';
import { measureLag } from '../lag.ts';
import { awaitDrained } from './await-drained.ts';
import { readChangelogImage } from './changelog-image.ts';
import { readBookings, readLedger } from './companies.ts';
import type { Evidence } from './evidence.ts';
import { readHistory } from './read-history.ts';
import { readLog } from './read-log.ts';
import { readSeats } from './read-state.ts';
import { complete } from './retention.ts';
import { readClickhouse, readPostgres } from './read-stores.ts';

/**
 * Reads all stores of the attached installation, once nobody has anything to read any more, `patienceMs` from now at the latest. It changes
 * nothing anywhere.
 */
export async function gather(patienceMs: number): Promise<Evidence> {
  const { config, kafka, codec } = await attach(['redis', 'postgres', 'clickhouse', 'sandbox']);
  const redis = new Redis(config.redisUrl);
  try {
    const lag = await awaitDrained(() => lagByReader(kafka), patienceMs);
    const { cut, ...log } = await readLog(kafka, codec);
    const aged = complete(log, cut, await readHistory(config.databaseUrl, cut));
    const at = Date.now();
    return {
      at, lag, ...log, aged,
      audit: await readAuditRecords(kafka, codec),
      openTransactions: await openTransactions(kafka, topicsOf(orderFlow).map(({ name }) => name)),
      ledger: await readLedger(config.sandboxUrl),
      bookings: await readBookings(config.sandboxUrl),
      postgres: await readPostgres(config.databaseUrl),
      clickhouse: await readClickhouse(config.clickhouseUrl),
      seats: await readSeats(redis, demoAirline({ currencies: config.settings.currencies }), config.settings),
      redis: await snapshotOf(redis, at),
      rebuilt: await (await readChangelogImage(kafka, codec)).snapshot(at),
    };
  } finally {
    redis.disconnect();
  }
}

async function lagByReader(kafka: Kafka): Promise<Map<string, number>> {
  const lag = new Map<string, number>();
  for (const { reader, messages } of await measureLag(kafka)) lag.set(reader, (lag.get(reader) ?? 0) + messages);
  return lag;
}
