import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProblemBody } from '../../ingress/problem.ts';
import type { Order } from '../../schemas/types.ts';
import { fulfil, HAPPY_PATH, jsonOf, openRig, type Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig.close());

async function place(): Promise<Order> {
  await rig.place();
  return rig.placed();
}

const open = (orderId: string, headers: Record<string, string> = {}): Promise<Response> =>
  rig.request(`/api/v1/orders/${orderId}/events`, { headers });
const idsOf = (text: string): string[] => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => id as string);

/** Reads until the text matches. */
async function readUntil(reader: ReadableStreamDefaultReader<Uint8Array>, pattern: RegExp): Promise<string> {
  let text = '';
  while (!pattern.test(text)) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the stream ended before ${pattern}: ${text}`);
    text += Buffer.from(value).toString();
  }
  return text;
}

describe('GET /api/v1/orders/{id}/events', () => {
  it("streams the order's events from the first on and ends after the last", async () => {
    const order = await place();
    const received = rig.happen(order, 'OrderReceived');
    const response = await open(order.orderId);
    expect(response.status).toBe(200);
    expect(
      Object.fromEntries(
        ['content-type', 'cache-control', 'x-accel-buffering'].map((name) => [name, response.headers.get(name)]),
      ),
    ).toEqual({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
    });
    HAPPY_PATH.slice(1).reduce((now, [type, change]) => rig.happen(now, type, change), received);
    const text = await response.text();
    expect(idsOf(text)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9']);
    const last = JSON.parse(/^data: (.*)$/m.exec(text.slice(text.indexOf('id: 9')))![1]!) as object;
    expect(last).toEqual({
      orderId: order.orderId,
      version: 9,
      event: 'OrderFulfilled',
      status: 'Fulfilled',
      at: '2026-11-22T10:00:00.009Z',
    });
    expect(text).not.toMatch(/ada@|"Ada"|Lovelace|tok_/);
  });

  it('resumes after Last-Event-ID', async () => {
    const order = fulfil(rig, await place());
    expect(idsOf(await (await open(order.orderId, { 'last-event-id': '6' })).text())).toEqual(['7', '8', '9']);
    expect(idsOf(await (await open(order.orderId, { 'last-event-id': '9' })).text())).toEqual([]);
  });

  it('sends comments while nothing happens', async () => {
    const order = rig.happen(await place(), 'OrderReceived');
    const reader = (await open(order.orderId)).body!.getReader();
    expect(await readUntil(reader, /: still here\n\n: still here/)).toContain('id: 1');
    await reader.cancel();
  });

  it('lets go of everything when the client leaves', async () => {
    const order = rig.happen(await place(), 'OrderReceived');
    const controller = new AbortController();
    await rig.request(`/api/v1/orders/${order.orderId}/events`, { signal: controller.signal });
    expect(rig.deps.live.watched).toBe(1);
    controller.abort();
    await expect.poll(() => rig.deps.live.watched).toBe(0);
  });

  it('takes as many streams as it may, and another once one has ended', async () => {
    await rig.close();
    rig = await openRig({ limits: { streams: 1, heartbeatMs: 1_000, streamGraceMs: 10, gapMs: 5 } });
    const order = rig.happen(await place(), 'OrderReceived');
    const first = await open(order.orderId);
    const refused = await open(order.orderId);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await jsonOf<ProblemBody>(refused)).toMatchObject({ code: 'too_many_streams', retryable: true });
    rig.happen(order, 'OrderCancelled');
    await first.text();
    await expect.poll(async () => (await open(order.orderId, { 'last-event-id': '2' })).status).toBe(200);
  });

  it('answers 404 for an order nobody knows, holding no stream', async () => {
    await rig.close();
    rig = await openRig({ limits: { streams: 1 } });
    for (let i = 0; i < 3; i += 1) expect((await open('0199aaaa-0000-7000-8000-000000000000')).status).toBe(404);
  });

  it.each(['-1', 'x', '1.5', '1'.repeat(12)])('refuses Last-Event-ID: %s', async (id) => {
    const response = await open((await place()).orderId, { 'last-event-id': id });
    expect(response.status).toBe(400);
    expect((await jsonOf<ProblemBody>(response)).errors).toEqual([
      expect.objectContaining({ pointer: '/headers/last-event-id' }),
    ]);
  });

  it('is ended for all when the process shuts down', async () => {
    const order = rig.happen(await place(), 'OrderReceived');
    const response = await open(order.orderId);
    const reader = response.body!.getReader();
    await readUntil(reader, /id: 1/);
    rig.closeStreams();
    await readUntil(reader, /never/).catch((error: Error) => expect(error.message).toMatch(/the stream ended/));
    expect(rig.deps.live.watched).toBe(0);
  });
});
