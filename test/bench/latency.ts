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

/**
 * Places orders at a steady rate, whatever the answers do, and waits for each to be Fulfilled: ms from when it was due to the answer. As many
 * connections as orders wait: with fewer they would wait for each other here, and the installation never see more of them than that.
 */
export async function measureLatency(url: string, bodies: Iterator<unknown>, ratePerSecond: number, seconds: number): Promise<Latencies> {
  const pool = new Pool(url, { connections: null });
  const times: number[] = [];
  let [failed, endedOtherwise] = [0, 0];
  const one = async (dueAt: number): Promise<void> => {
    const answer = await pool.request({
      path: '/api/v1/orders', method: 'POST', headers: { 'content-type': 'application/json', prefer: 'wait=30' }, body: JSON.stringify(bodies.next().value),
    });
    const order = (await answer.body.json()) as { status: string };
    times.push(performance.now() - dueAt);
    if (answer.statusCode !== 201) failed += 1;
    else if (order.status !== 'Fulfilled') endedOtherwise += 1;
  };
  const orders = ratePerSecond * seconds;
  const begun = performance.now();
  const running: Promise<void>[] = [];
  while (running.length < orders) {
    const due = Math.min(orders, Math.floor(((performance.now() - begun) * ratePerSecond) / 1000) + 1);
    while (running.length < due) running.push(one(begun + (running.length * 1000) / ratePerSecond).catch(() => void (failed += 1)));
    await sleep(1);
  }
  await Promise.all(running);
  await pool.close();
  times.sort((one, other) => one - other);
  const at = (share: number): number => Math.round((times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0) * 10) / 10;
  return { ratePerSecond, orders, failed, endedOtherwise, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
