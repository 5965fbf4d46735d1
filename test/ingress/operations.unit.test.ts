import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PROBLEMS, type ProblemBody } from '../../ingress/problem.ts';
import { topologyDescription } from '../../ingress/topology-description.ts';
import { orderFlow } from '../../topology/order-flow.ts';
import { jsonOf, openRig, type Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig.close());

describe('probes', () => {
  it.each(['/health/live', '/api/v1/health/live'])('%s answers while the process runs', async (path) => {
    expect(await jsonOf(rig.request(path))).toEqual({ status: 'ok' });
  });

  it.each(['/health/ready', '/api/v1/health/ready'])('%s asks every part', async (path) => {
    await rig.close();
    let away: Error | null = null;
    rig = await openRig({
      checks: {
        kafka: async () => {},
        redis: async () => {
          if (away) throw away;
        },
      },
    });
    const ready = await rig.request(path);
    expect(ready.status).toBe(200);
    expect(await jsonOf(ready)).toMatchObject({
      status: 'ok',
      checks: { kafka: { status: 'ok' }, redis: { status: 'ok' } },
    });
    away = new Error('connect ECONNREFUSED 10.0.0.9:6379');
    const unready = await rig.request(path);
    const text = await unready.text();
    expect(unready.status).toBe(503);
    expect(JSON.parse(text)).toMatchObject({
      status: 'unavailable',
      checks: { kafka: { status: 'ok' }, redis: { status: 'unavailable' } },
    });
    expect(text).not.toContain('10.0.0.9');
  });

  it('does not wait for a part that hangs', async () => {
    await rig.close();
    rig = await openRig({ checks: { kafka: () => new Promise(() => {}) }, limits: { checkMs: 20 } });
    expect((await rig.request('/health/ready')).status).toBe(503);
  });
});

describe('GET /metrics', () => {
  it('times requests by route template, never by id', async () => {
    await rig.request('/api/v1/orders/0199aaaa-0000-7000-8000-000000000000');
    await rig.place();
    await rig.request('/no/such/path');
    await rig.request('/api/v1/orders', { method: 'PUT' });
    const response = await rig.request('/metrics');
    const text = await response.text();
    expect(response.headers.get('content-type')).toContain('text/plain');
    for (const labels of [
      'route="/api/v1/orders/:orderId",method="GET",status="404"',
      'route="/api/v1/orders",method="POST",status="202"',
      'route="unmatched",method="GET",status="404"',
      'route="/api/v1/orders",method="PUT",status="405"',
    ])
      expect(text).toContain(`iaros_http_request_seconds_count{${labels}} 1`);
    expect(text).not.toContain('0199aaaa');
    expect(text).toContain('iaros_http_streams 0');
  });
});

describe('GET /topology', () => {
  it.each(['/topology', '/api/v1/topology'])('%s describes every node and edge of the flow', async (path) => {
    await rig.close();
    rig = await openRig({ topology: topologyDescription(orderFlow) });
    const { nodes, edges, topics } = await jsonOf<ReturnType<typeof topologyDescription>>(rig.request(path));
    expect(nodes.map(({ name }) => name)).toEqual(orderFlow.nodes.map(({ name }) => name));
    expect(nodes.find(({ name }) => name === 'hold')).toMatchObject({
      kind: 'processor',
      takes: ['OrderScored'],
      emits: ['InventoryHeld', 'InventoryUnavailable'],
      uses: ['inventory'],
      group: 'orders.hold',
      reads: ['orders.scored.v1', 'internal.retry.hold.v1'],
    });
    expect(edges).toContainEqual({
      from: 'score-fraud',
      topic: 'orders.scored.v1',
      carries: 'OrderScored',
      to: 'hold',
    });
    expect(edges).toContainEqual({ from: null, topic: 'orders.commands.v1', carries: 'place', to: 'receive' });
    expect(topics.map(({ name }) => name)).toContain('orders.commands.v1');
  });
});

describe('every answer', () => {
  it("carries a request id: the caller's where it is one, a new one otherwise", async () => {
    const own = await rig.request('/health/live', { headers: { 'x-request-id': 'req-12345678' } });
    expect(own.headers.get('x-request-id')).toBe('req-12345678');
    for (const bad of ['short', 'has space in it', 'x'.repeat(65), '4111111111111111', '<script>alert(1)</script>']) {
      const response = await rig.request('/health/live', { headers: { 'x-request-id': bad } });
      expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it('carries the headers that keep browsers safe, and does not name its maker', async () => {
    const { headers } = await rig.request('/');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('is a problem document of one shape where something is wrong', async () => {
    const response = await rig.request('/api/v1/nothing', { headers: { 'x-request-id': 'req-00000001' } });
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await jsonOf(response)).toEqual({
      type: '/api/docs/problems/not_found',
      title: 'Not found',
      status: 404,
      detail: 'There is nothing at this path.',
      instance: '/api/v1/nothing',
      code: 'not_found',
      requestId: 'req-00000001',
      retryable: false,
      errors: [],
    });
  });

  it('repeats no card number from the path', async () => {
    expect(await (await rig.request('/api/v1/cards/4111111111111111')).text()).not.toContain('4111111111111111');
  });

  it('says nothing of what went wrong inside, which is in the log under the request id', async () => {
    const broken = await openRig({
      newId: () => {
        throw new TypeError('secret internals at /srv/app.ts');
      },
    });
    try {
      const failed = await broken.place(undefined, { 'x-request-id': 'req-00000003' });
      const text = await failed.text();
      expect(failed.status).toBe(500);
      expect(JSON.parse(text)).toMatchObject({ code: 'internal', requestId: 'req-00000003', retryable: true });
      expect(text).not.toMatch(/secret|TypeError|\.ts/);
      expect(broken.logged).toContainEqual({
        level: 'error',
        fields: expect.objectContaining({ requestId: 'req-00000003', err: expect.any(TypeError) }),
        message: 'request failed',
      });
    } finally {
      await broken.close();
    }
  });
});

describe('methods', () => {
  it('that a path does not take are answered 405 with those it takes', async () => {
    const response = await rig.request('/api/v1/orders/x', { method: 'PATCH' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD, DELETE, OPTIONS');
    expect(await jsonOf<ProblemBody>(response)).toMatchObject({ code: 'method_not_allowed' });
  });

  it('are told by OPTIONS', async () => {
    const response = await rig.request('/api/v1/orders', { method: 'OPTIONS' });
    expect(response.status).toBe(204);
    expect(response.headers.get('allow')).toBe('POST, GET, HEAD, OPTIONS');
  });
});

describe('pages', () => {
  it.each(Object.entries(PROBLEMS))('explain the problem %s', async (code, { title, status }) => {
    expect(await jsonOf(rig.request(`/api/docs/problems/${code}`))).toMatchObject({ code, title, status });
  });

  it('explain no problem there is not', async () => {
    expect((await rig.request('/api/docs/problems/bad_luck')).status).toBe(404);
  });

  it('link to all that is there', async () => {
    const response = await rig.request('/');
    const html = await response.text();
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const links = [...html.matchAll(/href="([^"]+)"/g)].map(([, href]) => href as string);
    expect(links.length).toBeGreaterThan(5);
    for (const link of links) expect((await rig.request(link)).status).toBe(200);
  });
});
