import { z } from 'zod';
import { answer } from '../answer.ts';
import { endpoint } from '../endpoint.ts';
import { PROBLEM_PAGES, PROBLEMS, type ProblemCode } from '../problem.ts';

export const live = endpoint({
  method: 'get',
  path: '/health/live',
  operationId: 'readLiveness',
  tag: 'operations',
  summary: 'Whether the process runs.',
  answers: { 200: { description: 'It does.', schema: z.object({ status: z.literal('ok') }) } },
  problems: [],
  handle: () => answer(200, { status: 'ok' }),
});

const Readiness = z.object({
  status: z.enum(['ok', 'unavailable']),
  checks: z.record(z.string(), z.object({ status: z.enum(['ok', 'unavailable']), ms: z.int() })),
});

export const ready = endpoint({
  method: 'get',
  path: '/health/ready',
  operationId: 'readReadiness',
  tag: 'operations',
  summary: 'Whether orders can be taken: every part the API needs, asked now.',
  answers: {
    200: { description: 'All parts answer.', schema: Readiness },
    503: { description: 'A part is away.', schema: Readiness },
  },
  problems: [],
  async handle({ checks, limits, log }) {
    const found = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        const start = performance.now();
        const status = await within(limits.checkMs, check()).then(
          () => 'ok' as const,
          (error: unknown) => {
            log.warn({ check: name, err: error }, 'not ready');
            return 'unavailable' as const;
          },
        );
        return [name, { status, ms: Math.round(performance.now() - start) }] as const;
      }),
    );
    const all = found.every(([, { status }]) => status === 'ok');
    return answer(all ? 200 : 503, { status: all ? 'ok' : 'unavailable', checks: Object.fromEntries(found) });
  },
});

function within(ms: number, work: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

export const metrics = endpoint({
  method: 'get',
  path: '/metrics',
  operationId: 'readMetrics',
  tag: 'operations',
  summary: 'Metrics of this process for Prometheus.',
  answers: { 200: { description: 'The Prometheus text format.', schema: z.string(), contentType: 'text/plain' } },
  problems: [],
  handle: async ({ metrics: registry }) => ({
    ...answer(200, await registry.metrics()),
    contentType: registry.contentType,
  }),
});

export const topology = endpoint({
  method: 'get',
  path: '/api/v1/topology',
  operationId: 'readTopology',
  tag: 'operations',
  summary: 'The order pipeline: its nodes, its topics, and which event leads where.',
  answers: {
    200: {
      description: 'Nodes and edges.',
      schema: z
        .looseObject({
          nodes: z.array(z.looseObject({ name: z.string() })),
          edges: z.array(z.looseObject({ from: z.string().nullable(), to: z.string().nullable(), topic: z.string() })),
        })
        .meta({ id: 'Topology' }),
    },
  },
  problems: [],
  handle: (ingress) => answer(200, ingress.topology),
});

export const problemPage = endpoint({
  method: 'get',
  path: `${PROBLEM_PAGES}/:code`,
  operationId: 'readProblemType',
  tag: 'operations',
  summary: "What a problem type means; every problem's `type` points here.",
  params: z.object({ code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]) }),
  paramsProblem: 'not_found',
  answers: {
    200: {
      description: 'The problem type.',
      schema: z.object({
        code: z.string(),
        title: z.string(),
        status: z.int(),
        retryable: z.boolean(),
        meaning: z.string(),
      }),
    },
  },
  problems: ['not_found'],
  handle(_ingress, { params }) {
    return answer(200, { code: params.code, ...PROBLEMS[params.code] });
  },
});

const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>IAROS Orders</title></head>
<body>
<main>
<h1>IAROS Orders</h1>
<p>Orders of an airline, processed on Kafka.</p>
<ul>
<li><a href="/api/openapi.json">The API as OpenAPI 3.1</a></li>
<li><a href="/api/v1/orders">Orders</a></li>
<li><a href="/api/v1/inventory/status">Seats sold today</a></li>
<li><a href="/api/v1/payments/methods">Ways to pay, with the sandbox's tokens</a></li>
<li><a href="/api/v1/topology">The pipeline's topology</a></li>
<li><a href="/health/ready">Readiness</a></li>
<li><a href="/metrics">Metrics</a></li>
</ul>
</main>
</body>
</html>
`;

export const home = endpoint({
  method: 'get',
  path: '/',
  operationId: 'readHome',
  tag: 'operations',
  summary: 'A page that links to all this.',
  answers: { 200: { description: 'HTML.', schema: z.string(), contentType: 'text/html' } },
  problems: [],
  handle: () => ({ ...answer(200, PAGE), contentType: 'text/html; charset=utf-8' }),
});
