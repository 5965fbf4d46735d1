import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import type { Server } from 'node:http';
import { AcceptedOrders } from './accepted-orders.ts';
import { type Answer, answer } from './answer.ts';
import { AvailabilitySearch } from './availability.ts';
import { withoutCardNumbers } from './card-number.ts';
import { messageOf } from '../topology/runtime/errors.ts';
import { DEFAULT_LIMITS, type Ingress, type IngressDeps } from './dependencies.ts';
import type { Endpoint } from './endpoint.ts';
import { type HttpMetrics, httpMetrics, setRoute } from './http-metrics.ts';
import { jsonBytes, parseJson } from './json-body.ts';
import type { Log } from './log.ts';
import { AvailabilityLookup } from './lookups/availability-lookup.ts';
import { listenForLookups, type LookupListener } from './lookups/lookup-listener.ts';
import { OPENAPI_PATH, openapiDocument } from './openapi.ts';
import { OrderLookup } from './order-lookup.ts';
import { asProblem, Problem, problemBody } from './problem.ts';
import { faultsOf, listed } from './request-faults.ts';
import { REQUEST_ID_HEADER, requestIdFor } from './request-id.ts';
import { ENDPOINTS } from './routes/index.ts';
import { searchAvailability } from './routes/inventory.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

export type { IngressDeps } from './dependencies.ts';

/**
 * An order whose end is never seen counts as under way for this many times the time in which orders are expected to
 * end.
 */
const PATIENCE = 2;

export type IngressApp = Express & {
  /** Ends every live stream, for a shutdown. */
  closeStreams(): void;
  /** Has availability look-ups on the server answered ahead of express. The answers are the same, only faster. */
  speedUpLookups(server: Server): LookupListener;
};

/** The HTTP API over its dependencies. Builds and never listens. */
export function createApp(deps: IngressDeps): IngressApp {
  const ingress = assemble(deps);
  const metrics = httpMetrics(deps.metrics, () => ingress.openStreams.size);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(metrics.middleware);
  app.use(identify(ingress));
  for (const endpoint of ENDPOINTS) {
    const readBody = endpoint.body ? [jsonBytes()] : [];
    app[endpoint.method](endpoint.path, measure(endpoint.path), ...readBody, serve(endpoint, ingress));
  }
  const document = Buffer.from(JSON.stringify(openapiDocument(ENDPOINTS)));
  app.get(OPENAPI_PATH, measure(OPENAPI_PATH), (_request, response) => write(response, answer(200, document)));
  refuseOtherMethods(app);
  app.use(() => {
    throw new Problem('not_found', 'There is nothing at this path.');
  });
  app.use(answerErrors(ingress));
  return Object.assign(app, {
    closeStreams: () => {
      for (const stream of [...ingress.openStreams]) stream.close();
    },
    speedUpLookups: (server: Server) => listenForLookups(server, lookupsOf(ingress, metrics, server.keepAliveTimeout)),
  });
}

function assemble({ limits: given, ...deps }: IngressDeps): Ingress {
  const limits = { ...DEFAULT_LIMITS, ...given };
  const { settings, now } = deps;
  const accepted = new AcceptedOrders({ now, forgetMs: PATIENCE * settings.orderTimeoutMs });
  deps.live.observe(accepted);
  return {
    ...deps,
    limits,
    accepted,
    orders: new OrderLookup({ ...deps, accepted }),
    availability: new AvailabilitySearch({
      ...deps,
      overbookingFactor: settings.overbookingFactor,
      freshMs: Math.min(limits.availabilityMs, settings.inventorySyncMs),
      rereadMs: settings.inventorySyncMs,
    }),
    openStreams: new Set(),
  };
}

function lookupsOf(ingress: Ingress, metrics: HttpMetrics, keepAliveMs: number) {
  const { serve, prepare } = new AvailabilityLookup({ ...ingress, keepAliveSeconds: Math.floor(keepAliveMs / 1_000) });
  const { path } = searchAvailability;
  const onServed = (seconds: number, statuses: readonly number[]): void => {
    for (const status of statuses) metrics.observe(path, 'GET', status, seconds);
  };
  return { serve, prepare, onServed };
}

/** What every answer carries. */
function identify(ingress: Ingress): RequestHandler {
  return (request, response, next) => {
    response.setHeader(REQUEST_ID_HEADER, requestIdFor(request.get(REQUEST_ID_HEADER), ingress.newId));
    for (const [name, value] of SECURITY_HEADERS) response.setHeader(name, value);
    next();
  };
}

const requestIdOf = (response: Response): string => String(response.getHeader(REQUEST_ID_HEADER));

function measure(template: string): RequestHandler {
  return (_request, response, next) => {
    setRoute(response, template);
    next();
  };
}

function serve(endpoint: Endpoint, ingress: Ingress): RequestHandler {
  return async (request, response) => {
    const given = await endpoint.handle(ingress, {
      request,
      response,
      requestId: requestIdOf(response),
      params: paramsOf(endpoint, request),
      query: queryOf(endpoint, request),
      body: bodyOf(endpoint, request, ingress),
    });
    if (given) write(response, given);
  };
}

function paramsOf({ params, paramsProblem = 'not_found' }: Endpoint, request: Request): unknown {
  if (!params) return {};
  const checked = params.safeParse(request.params);
  if (!checked.success) throw new Problem(paramsProblem, 'There is no such thing.');
  return checked.data;
}

function queryOf({ query }: Endpoint, request: Request): unknown {
  if (!query) return {};
  const checked = query.safeParse(request.query);
  if (checked.success) return checked.data;
  const errors = listed(faultsOf(checked.error, request.query, '/query'));
  throw new Problem('invalid_request', `The query has ${errors.length} ${errors.length === 1 ? 'fault' : 'faults'}.`, {
    errors,
  });
}

function bodyOf({ body }: Endpoint, request: Request, ingress: Ingress): unknown {
  if (!body) return undefined;
  const value = parseJson(request);
  const checked = body.schema.safeParse(value);
  const faults = [
    ...(checked.success ? [] : faultsOf(checked.error, value)),
    ...(body.furtherFaults?.(value, ingress) ?? []),
  ];
  if (checked.success && faults.length === 0) return checked.data;
  throw new Problem(body.problem, `The body has ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}.`, {
    errors: listed(faults),
  });
}

function write(
  response: Response,
  { status, headers, body, contentType = 'application/json; charset=utf-8' }: Answer,
): void {
  response.status(status);
  response.setHeader('Cache-Control', 'ETag' in headers ? 'private, no-cache' : 'no-store');
  response.set(headers);
  if (body === undefined) {
    response.end();
    return;
  }
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  response.setHeader('Content-Type', contentType);
  response.setHeader('Content-Length', bytes.length);
  response.end(response.req.method === 'HEAD' ? undefined : bytes);
}

/** A path that is served by other methods than the one asked for: 405, or for OPTIONS the methods. */
function refuseOtherMethods(app: Express): void {
  const methods = new Map<string, string[]>([[OPENAPI_PATH, ['GET', 'HEAD']]]);
  for (const { path, method } of ENDPOINTS) {
    methods.set(path, [...(methods.get(path) ?? []), ...(method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()])]);
  }
  for (const [path, allowed] of methods) {
    const headers = { Allow: [...allowed, 'OPTIONS'].join(', ') };
    app.all(path, measure(path), (request, response) => {
      if (request.method !== 'OPTIONS')
        throw new Problem('method_not_allowed', `The path takes ${headers.Allow}.`, { headers });
      write(response, answer(204, undefined, headers));
    });
  }
}

/** Where a server is away every request says so: a line without the stack, which is the same each time. */
function logFault(log: Log, { status, code }: Problem, cause: unknown, requestId: string): void {
  if (status === 503) log.warn({ requestId, code, reason: messageOf(cause) }, 'request refused');
  else if (status >= 500) log.error({ requestId, code, err: cause }, 'request failed');
}

function answerErrors({ log }: Ingress): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const problem = asProblem(error);
    const requestId = requestIdOf(response);
    logFault(log, problem, problem.cause ?? error, requestId);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const body = problemBody(problem, withoutCardNumbers(request.path), requestId);
    write(response, { ...answer(problem.status, body, problem.headers), contentType: 'application/problem+json' });
  };
}
