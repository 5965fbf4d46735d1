import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Dispatcher, request } from 'undici';
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
/** So long an API that was just started, or started again, may take to answer. */
const API_STARTING_MS = 15_000;
const PATIENCE_MS = 180_000;
const ASK_AGAIN_AFTER_MS = { first: 250, longest: 5_000 };
/** Answers that say: later. The first request under the key is still running, too many at once, not available. */
const PASSING: ReadonlySet<number> = new Set([409, 429, 502, 503]);

/** Places realistic orders through the HTTP API at a steady rate, and cancels some a little later. Ends after `count`, or at SIGTERM. */
export async function placeDemoOrders(options: DemoOptions): Promise<void> {
  const config = await attachedConfig();
  // Beside a supervisor that starts all at once the API may come a little later than this.
  if (!process.send) await requireReachable([{ name: 'the API', addresses: [`http://127.0.0.1:${config.port}`] }], { startingForMs: API_STARTING_MS });
  const url = `http://127.0.0.1:${config.port}/api/v1/orders`;
  const orders = generateOrders({ seed: options.seed ?? Date.now(), catalogue: demoAirline(), today: new Date(), cancelPercent: options.cancelPercent });
  const tally = { placed: 0, refused: 0, cancelled: 0 };
  const pending = new Set<Promise<void>>();
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort());
  const api: Api = { url, headers: config.devKey ? { authorization: `Bearer ${config.devKey}` } : {}, signal: stopping.signal };
  process.send?.('ready');
  const started = performance.now();
  let said = started;
  for (let index = 0; !stopping.signal.aborted && (options.count === undefined || index < options.count); index += 1) {
    await pause(started + (index * 1000) / options.rate - performance.now(), stopping.signal);
    const planned = orders.next().value as PlannedOrder;
    const work: Promise<void> = placeOne(api, planned, tally).finally(() => pending.delete(work));
    pending.add(work);
    if (performance.now() - said > SAY_EVERY_MS) {
      said = performance.now();
      console.log(JSON.stringify(tally));
    }
  }
  await Promise.all(pending);
  console.log(JSON.stringify(tally));
}

interface Api {
  url: string;
  headers: Record<string, string>;
  signal: AbortSignal;
}

/** Waits, but not past a signal to stop. */
const pause = (ms: number, signal: AbortSignal): Promise<void> => sleep(Math.max(0, ms), undefined, { signal }).catch(() => undefined);

async function placeOne(api: Api, planned: PlannedOrder, tally: { placed: number; refused: number; cancelled: number }): Promise<void> {
  const orderId = await post(api, planned.body);
  if (orderId === null) {
    tally.refused += 1;
    return;
  }
  tally.placed += 1;
  if (planned.cancelAfterMs === null) return;
  await pause(planned.cancelAfterMs, api.signal);
  if (api.signal.aborted) return;
  const answer = await request(`${api.url}/${orderId}`, { method: 'DELETE', headers: api.headers }).then(wholeAnswer).catch(() => null);
  if (answer?.status === 202) tally.cancelled += 1;
}

/**
 * The order's id, or null where it was refused. As a client should, asks again where no answer came or the answer says so, under the same
 * Idempotency-Key: it is one order however often it is asked for.
 */
async function post({ url, headers, signal }: Api, body: unknown): Promise<string | null> {
  const sent = { method: 'POST' as const, headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': randomUUID() }, body: JSON.stringify(body) };
  const deadline = Date.now() + PATIENCE_MS;
  for (let tries = 0; ; tries += 1) {
    const answer = await request(url, sent).then(wholeAnswer).catch(() => null);
    if (answer?.status === 202) return (JSON.parse(answer.text) as { orderId: string }).orderId;
    if ((answer && !PASSING.has(answer.status)) || Date.now() > deadline || signal.aborted) return null;
    // Spread out: all who were turned away together must not come back together.
    await pause(Math.min(ASK_AGAIN_AFTER_MS.longest, ASK_AGAIN_AFTER_MS.first * 2 ** tries) * (0.5 + Math.random()), signal);
  }
}

const wholeAnswer = async ({ statusCode, body }: Dispatcher.ResponseData) => ({ status: statusCode, text: await body.text() });
