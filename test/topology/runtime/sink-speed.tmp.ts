import { randomUUID } from 'node:crypto';
import { orderStory, placedOrder, stories } from '../../processors/sinks/order-story.ts';
import { SinkTrial } from './sink-trial.ts';
const trial = await SinkTrial.open({ kafkaBrokers: ['127.0.0.1:19092'], databaseUrl: 'postgres://iaros@127.0.0.1:15432/iaros', clickhouseUrl: 'http://127.0.0.1:18123' });
setTimeout(() => { console.log('too long', trial.lines.slice(-3)); process.exit(1) }, 120000).unref();
try {
  const N = 4000;
  const lives = Array.from({ length: N }, (_, i) => orderStory(placedOrder(randomUUID(), { customer: { customerId: 'C-' + (i % 3000), contact: 'v1.k1.' + 'x'.repeat(120), emailHash: 'a'.repeat(32), locale: 'en-GB' } }), stories.fulfilled(23400, i)));
  const all: any[] = [];
  for (let g = 0; g < N; g += 200) for (let v = 0; v < 9; v++) for (let i = g; i < g + 200; i++) all.push(lives[i]![v]);
  for (let at = 0; at < all.length; at += 500) await trial.write(all.slice(at, at + 500));
  for (const [kind, chunkRows, count] of [['postgres-sink', 1000, () => trial.query('select count(*)::int as count from order_events')], ['clickhouse-sink', 10000, () => trial.analyse('select count() as count from order_events')]] as const) {
    const cpu0 = process.cpuUsage(), t = performance.now();
    const sink = await trial.sink(kind, { chunkRows });
    const joined = performance.now() - t;
    let n = 0; while (n < all.length) { await new Promise((r) => setTimeout(r, 50)); n = Number(((await count()) as any)[0].count); }
    const ms = performance.now() - t - joined, cpu = process.cpuUsage(cpu0);
    console.log(kind, all.length, 'events in', ms | 0, 'ms =', (all.length / ms * 1000) | 0, '/s; node cpu', ((cpu.user + cpu.system) / 1000) | 0, 'ms; join', joined | 0);
    await trial.untilExact(kind);
    await sink.stop();
  }
  const pgSink = await trial.sink('postgres-sink', { chunkRows: 1000 }), ch = await trial.sink('clickhouse-sink', { chunkRows: 10000 });
  await new Promise((r) => setTimeout(r, 1500));
  for (const kind of ['pg', 'ch']) { const lat: number[] = [];
    for (let i = 0; i < 15; i++) { const [e] = orderStory(placedOrder(randomUUID()), stories.invalid()); await trial.write([e!]); const t = performance.now();
      for (;;) { const rows: any[] = kind === 'pg' ? await trial.query(`select 1 from orders where order_id='${e!.orderId}'`) : await trial.analyse(`select 1 from order_events where order_id='${e!.orderId}'`); if (rows.length) break; await new Promise((r) => setTimeout(r, 2)); }
      lat.push(performance.now() - t); }
    lat.sort((a, b) => a - b); console.log(kind, 'latency p50', lat[7]! | 0, 'max', lat[14]! | 0); }
} finally { await trial.close(); }
