import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { demoAirline } from '../../connectors/demo-airline/index.ts';
import { generateOrders, type PlannedOrder } from '../demo/generator.ts';
import { attachedConfig } from './attach.ts';
import { requireReachable } from './reachable.ts';

export interface DemoOptions {
  rate: number;
  count?: number;
  cancelPercent: number;
  seed?: number;
}

const SAY_EVERY_MS = 10_000;

/** Places realistic orders through the HTTP API at a steady rate, and cancels some a little later. Ends after `count`, or at SIGTERM. */
export async function placeDemoOrders(options: DemoOptions): Promise<void> {
  const config = await attachedConfig();
  // Beside a supervisor that starts all at once the API may come a little later than this.
  if (!process.send) await requireReachable([{ name: 'the API', addresses: [`http://127.0.0.1:${config.port}`] }]);
  const url = `http://127.0.0.1:${config.port}/api/v1/orders`;
  const orders = generateOrders({ seed: options.seed ?? Date.now(), catalogue: demoAirline(), today: new Date(), cancelPercent: options.cancelPercent });
  const tally = { placed: 0, refused: 0, cancelled: 0 };
  const pending = new Set<Promise<void>>();
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => (stopping = true));
  process.send?.('ready');
  const started = performance.now();
  let said = started;
  for (let index = 0; !stopping && (options.count === undefined || index < options.count); index += 1) {
    await sleep(Math.max(0, started + (index * 1000) / options.rate - performance.now()));
    const planned = orders.next().value as PlannedOrder;
    const work: Promise<void> = placeOne(url, planned, tally).finally(() => pending.delete(work));
    pending.add(work);
    if (performance.now() - said > SAY_EVERY_MS) {
      said = performance.now();
      console.log(JSON.stringify(tally));
    }
  }
  await Promise.all(pending);
  console.log(JSON.stringify(tally));
}

async function placeOne(url: string, planned: PlannedOrder, tally: { placed: number; refused: number; cancelled: number }): Promise<void> {
  const orderId = await post(url, planned.body).catch(() => null);
  if (orderId === null) {
    tally.refused += 1;
    return;
  }
  tally.placed += 1;
  if (planned.cancelAfterMs === null) return;
  await sleep(planned.cancelAfterMs);
  const answer = await request(`${url}/${orderId}`, { method: 'DELETE' }).catch(() => null);
  await answer?.body.dump();
  if (answer?.statusCode === 202) tally.cancelled += 1;
}

async function post(url: string, body: unknown): Promise<string | null> {
  const answer = await request(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (answer.statusCode !== 202) {
    await answer.body.dump();
    return null;
  }
  return ((await answer.body.json()) as { orderId: string }).orderId;
}
