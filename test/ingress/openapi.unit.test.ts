import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openapiDocument, templateOf } from '../../ingress/openapi.ts';
import { OrderView, ReceiptView } from '../../ingress/order-schema.ts';
import { ENDPOINTS } from '../../ingress/routes/index.ts';
import { fulfil, jsonOf, openRig, type Rig } from './rig.ts';

type Operation = {
  operationId: string;
  parameters: { name: string; in: string; required: boolean }[];
  requestBody?: { content: { 'application/json': { schema: { $ref: string }; example: unknown } } };
  responses: Record<string, { content?: Record<string, { schema: unknown }> }>;
};
type Document = {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown> };
};

let rig: Rig;
let document: Document;
beforeAll(async () => {
  rig = await openRig({ topology: { nodes: [], edges: [] } });
  document = await jsonOf<Document>(rig.request('/api/openapi.json'));
});
afterAll(() => rig.close());

const operations = (): [path: string, method: string, operation: Operation][] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [path, method, operation] as [string, string, Operation]),
  );

describe('the OpenAPI document', () => {
  it('is of version 3.1 and the same each time', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(JSON.stringify(openapiDocument(ENDPOINTS))).toBe(JSON.stringify(document));
  });

  it('documents what is served: every documented operation is answered, not by 404 for the path nor by 405', async () => {
    for (const [path, method] of operations()) {
      const target = path.replace('{orderId}', '0199aaaa-0000-7000-8000-000000000000').replace('{code}', 'internal');
      const response = await rig.request(target, { method: method.toUpperCase() });
      const text = await response.text();
      expect([path, method, response.status === 405 || text.includes('"not_found"')]).toEqual([path, method, false]);
    }
  });

  it('documents all that is served: every route the app has is in it', () => {
    const served = rig
      .routes()
      .filter(([path]) => path !== '/api/openapi.json')
      .map(([path, method]) => `${method} ${templateOf(path)}`);
    const documented = operations().map(([path, method]) => `${method} ${path}`);
    expect(served.toSorted()).toEqual(documented.toSorted());
  });

  it('names each operation once and each path parameter', () => {
    const ids = operations().map(([, , { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [path, , { parameters }] of operations()) {
      const inPath = parameters
        .filter((parameter) => parameter.in === 'path')
        .map(({ name, required }) => [name, required]);
      expect(inPath).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, true]));
    }
  });

  it('refers only to schemas it has', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
      ([, target]) => target as string,
    );
    expect(references.length).toBeGreaterThan(20);
    for (const reference of references) {
      expect(reference).toMatch(/^#\/components\/schemas\//);
      expect(document.components.schemas).toHaveProperty([reference.replace('#/components/schemas/', '')]);
    }
  });

  it('shows an order that is accepted as its example', async () => {
    const example = document.paths['/api/v1/orders']!.post!.requestBody!.content['application/json'].example;
    expect((await rig.place(example)).status).toBe(202);
  });

  it('documents problems as problem documents', () => {
    const { responses } = document.paths['/api/v1/orders']!.post!;
    expect(Object.keys(responses)).toEqual(['201', '202', '400', '409', '413', '415', '422', '429', '500', '503']);
    expect(responses['422']!.content).toEqual({
      'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
    });
    expect(document.paths['/api/v1/orders/{orderId}']!.get!.responses).toHaveProperty(['304']);
  });

  it('says of query parameters which are needed', () => {
    const { parameters } = document.paths['/api/v1/inventory/availability']!.get!;
    expect(
      parameters.filter(({ in: place }) => place === 'query').map(({ name, required }) => [name, required]),
    ).toEqual([
      ['date', true],
      ['origin', false],
      ['destination', false],
      ['flightNumber', false],
      ['passengers', false],
      ['currency', false],
    ]);
  });
});

describe('the answers', () => {
  it('fit their schemas, with no field beside', async () => {
    const receipt = await jsonOf(rig.place());
    expect(z.strictObject(ReceiptView.shape).parse(receipt)).toEqual(receipt);
    const order = fulfil(rig, rig.placed());
    const view = await jsonOf(rig.request(`/api/v1/orders/${order.orderId}`));
    expect(z.strictObject(OrderView.shape).parse(view)).toEqual(view);
  });

  it.each(
    ENDPOINTS.filter(
      ({ method, path, answers }) =>
        method === 'get' && !path.includes('events') && !path.includes(':code') && answers[200]?.schema,
    ).map((each) => [each.path, each] as const),
  )('GET %s fits its schema', async (path, endpoint) => {
    const order = rig.rows.values().next().value?.order ?? fulfil(rig, (await rig.place(), rig.placed()));
    const query = path.endsWith('/availability') ? '?date=2026-12-24' : '';
    const response = await rig.request(path.replace(':orderId', order.orderId) + query);
    expect(response.status).toBe(200);
    const body = response.headers.get('content-type')?.startsWith('application/json')
      ? await jsonOf(response)
      : await response.text();
    const checked = endpoint.answers[200]!.schema!.safeParse(body);
    expect(checked.error?.issues ?? []).toEqual([]);
  });
});
