import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXAMPLE_ORDER } from '../../ingress/order-body.ts';
import type { ProblemBody } from '../../ingress/problem.ts';
import type { Codec } from '../../schemas/codec.ts';
import { jsonOf, openRig, type Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig({ settings: { ...(await settings()), maxConcurrentOrders: 1_000_000 } });
});
afterAll(() => rig.close());

async function settings() {
  const probe = await openRig();
  await probe.close();
  return probe.deps.settings;
}

/** A valid order with any of its values, however deep, replaced by any JSON. */
const mutatedOrder = fc
  .tuple(fc.array(fc.nat(), { minLength: 1, maxLength: 6 }), fc.jsonValue())
  .map(([path, value]) => {
    const order = structuredClone(EXAMPLE_ORDER) as unknown;
    let parent = order as Record<string, unknown>;
    let name = pick(parent, path[0] as number);
    for (const step of path.slice(1)) {
      const child = parent[name];
      if (typeof child !== 'object' || child === null || Object.keys(child).length === 0) break;
      parent = child as Record<string, unknown>;
      name = pick(parent, step);
    }
    parent[name] = value;
    return order;
  });
const pick = (object: object, at: number): string => Object.keys(object)[at % Object.keys(object).length] as string;

const noFault = async (response: Response): Promise<boolean> => {
  const { code, requestId } = await jsonOf<Partial<ProblemBody>>(response);
  if (response.status < 400) return true;
  return response.status < 500 && code !== undefined && requestId === response.headers.get('x-request-id');
};

describe('whatever is sent', () => {
  it('no JSON body is answered with 5xx', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (body) => noFault(await rig.place(body))),
      { numRuns: 200 },
    );
  });

  it('no mutation of a valid order is answered with 5xx, and what is accepted can be encoded', async () => {
    const codec = rig.deps.codec as unknown as Codec;
    await fc.assert(
      fc.asyncProperty(mutatedOrder, async (body) => {
        const before = rig.published.length;
        const fine = await noFault(await rig.place(body));
        for (const { command } of rig.published.slice(before)) codec.encode('OrderCommand', command);
        return fine;
      }),
      { numRuns: 300 },
    );
  });

  it('no bytes are answered with 5xx', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) =>
        noFault(
          await rig.request('/api/v1/orders', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: Buffer.from(bytes),
          }),
        ),
      ),
      { numRuns: 100 },
    );
  });

  it('no path or query is answered with 5xx', async () => {
    const path = fc.array(
      fc.string({ unit: 'binary', maxLength: 20 }).map((text) => encodeURIComponent(text.toWellFormed())),
      { maxLength: 4 },
    );
    const query = fc.dictionary(
      fc.constantFrom('cursor', 'limit', 'status', 'channel', 'customerId', 'from', 'to', 'date', 'x'),
      fc.string({ maxLength: 12 }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('/', '/api/v1/orders/', '/api/v1/orders?', '/api/v1/inventory/availability?'),
        path,
        query,
        async (base, parts, parameters) => {
          const target = base.endsWith('?')
            ? base + new URLSearchParams(parameters).toString()
            : base + parts.join('/');
          const response = await rig.request(target);
          await response.text();
          return response.status < 500;
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each([
    '/api/v1/orders/%E0%A4%A',
    '/api/v1/orders/%00',
    `/api/v1/orders/${'x'.repeat(4_000)}`,
    '/api/v1/orders/a%2F..%2Fb',
    '/api/v1/orders/__proto__',
  ])("GET %s is a client's mistake", async (path) => {
    const response = await rig.request(path);
    expect([400, 404]).toContain(response.status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });

  it('an array nested 100,000 deep is refused like any other', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const response = await rig.place(deep);
    expect(response.status).toBe(400);
    expect((await rig.place(`{"x\\u0041":${deep}}`)).status).toBe(400);
  });

  it.each(['__proto__', 'constructor', 'prototype', 'toString'])(
    'a member called %s is an unknown field',
    async (name) => {
      const body = JSON.stringify(EXAMPLE_ORDER).replace('{', `{"${name}":{"status":"Fulfilled"},`);
      const response = await rig.place(body);
      expect(response.status).toBe(400);
      expect((await jsonOf<ProblemBody>(response)).errors).toEqual([
        { pointer: `/${name}`, code: 'unknown_field', detail: 'There is no such field.' },
      ]);
    },
  );
});
