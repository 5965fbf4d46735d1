import { createClient } from '@clickhouse/client';
import { migrateClickHouse } from '../../../connectors/clickhouse/migrate.ts';
import { openClickHouse } from '../../../connectors/clickhouse/client.ts';
import { insertEvents, storedRecords } from '../../../connectors/clickhouse/sink.ts';
import { openAnalytics, analyticsQueries } from '../../../connectors/clickhouse/analytics.ts';
import { analyticsRow } from '../../../processors/sinks/analytics-row.ts';
import { orderStory, placedOrder, stories, PLACED_AT } from '../../processors/sinks/order-story.ts';
const url = 'http://127.0.0.1:18123', db = 'sinks_trial_' + process.pid;
const root = createClient({ url }); await root.command({ query: `CREATE DATABASE ${db}` });
try {
  let t = performance.now(); console.log(await migrateClickHouse(`${url}/${db}`), performance.now() - t);
  t = performance.now(); console.log(await migrateClickHouse(`${url}/${db}`), performance.now() - t);
  const c = openClickHouse(`${url}/${db}`, 'trial');
  const ev = [stories.fulfilled(100), stories.refunded(50), stories.cancelledAfterTicketing(70), stories.declined(20)].flatMap((s, i) => orderStory(placedOrder('o' + i), s));
  const rows = ev.map((e, i) => analyticsRow(e, { topic: 't', partition: 0, offset: String(i) }, { flight: () => ({ origin: 'LHR', destination: 'JFK' }) as any }));
  for (const token of ['a', 'a', 'b-half', 'a']) await insertEvents(c, token === 'b-half' ? [{ ...rows[0]!, order_id: 'x', event_id: 'x', record_offset: '99' }] : rows, token);
  const q = async (query: string) => (await (await c.query({ query, format: 'JSONEachRow' })).json());
  console.log(await q('select count() n, uniqExact(event_id) u, max(placed_at) p, max(occurred_at), any(departure_date), max(latency_ms) from order_events'), ev.length);
  console.log(await q('select order_id, version,status, total_minor from orders order by 1'), await q('select count() from orders'));
  console.log(await q('select * from revenue_per_hour'), await q('select * from latency_per_hour'), await q('select * from orders_per_minute'));
  const a = openAnalytics({ clickhouseUrl: `${url}/${db}` });
  for (const n of analyticsQueries().keys()) console.log(n, await a.query(n, { from: PLACED_AT - 86400000, to: PLACED_AT + 86400000 }));
  console.log((await storedRecords(c, [{ topic: 't', partition: 0, from: 3n, next: 6n }])), PLACED_AT);
  // odd values
  for (const odd of [{ placed_at: 9e15 }, { placed_at: -5 }, { departure_date: '9999-01-01' }, { departure_date: '1000-01-01' }, { fraud_score: 1e300 }, { order_id: 'a\0b' }, { passengers: 70000 }]) {
    await insertEvents(c, [{ ...rows[0]!, ...odd } as any], JSON.stringify(odd)).then(() => console.log('took', odd), (e) => console.log('refused', odd, e.code, e.type, e.message.slice(0, 100)));
  }
  console.log(await q(`select placed_at, departure_date, passengers, hex(order_id) from order_events where topic='t' and record_offset=0`));
  t = performance.now(); const big = Array.from({ length: 10000 }, (_, i) => ({ ...rows[i % rows.length]!, order_id: 'big' + i, event_id: 'e' + i }));
  await insertEvents(c, big, 'big'); console.log('10k rows', performance.now() - t);
  t = performance.now(); await insertEvents(c, big.slice(0,50), 'big2'); console.log('50 rows', performance.now() - t);
  await a.close(); await c.close();
} finally { await root.command({ query: `DROP DATABASE ${db}` }); await root.close(); }
