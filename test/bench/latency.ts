import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';

export interface Latencies {
  ratePerSecond: number;
  orders: number;
  /** Answers that told of no end of the order, as there was none in time or for another reason. */
  failed: number;
  /** Orders that ended, but not Fulfilled: a long run sells the demo airline out, flight by flight. */
  endedOtherwise: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

/** Virtual machines compile what they run often: what an installation is given before its latency is measured. */
export const WARM_UP = { ratePerSecond: 60, seconds: 20 };

/** Places orders at a steady rate and waits for each to be Fulfilled: ms from POST to the answer, open loop. */
export async function measureLatency(url: string, bodies: Iterator<unknown>, ratePerSecond: number, seconds: number): Promise<Latencies> {
  const pool = new Pool(url, { connections: 256 });
  const times: number[] = [];
  let [failed, endedOtherwise] = [0, 0];
  const one = async (): Promise<void> => {
    const started = performance.now();
    const answer = await pool.request({
      path: '/api/v1/orders', method: 'POST', headers: { 'content-type': 'application/json', prefer: 'wait=10' }, body: JSON.stringify(bodies.next().value),
    });
    const order = (await answer.body.json()) as { status: string };
    times.push(performance.now() - started);
    if (answer.statusCode !== 201) failed += 1;
    else if (order.status !== 'Fulfilled') endedOtherwise += 1;
  };
  const orders = ratePerSecond * seconds;
  const begun = performance.now();
  const running: Promise<void>[] = [];
  for (let index = 0; index < orders; index += 1) {
    await sleep(Math.max(0, begun + (index * 1000) / ratePerSecond - performance.now()));
    running.push(one().catch(() => void (failed += 1)));
  }
  await Promise.all(running);
  await pool.close();
  times.sort((one, other) => one - other);
  const at = (share: number): number => Math.round((times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0) * 10) / 10;
  return { ratePerSecond, orders, failed, endedOtherwise, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
