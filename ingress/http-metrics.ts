import type { RequestHandler, Response } from 'express';
import { Gauge, Histogram, type Registry } from 'prom-client';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const UNMATCHED = 'unmatched';

export interface HttpMetrics {
  /** Times each request under its route's template. Streams are counted while they are open and not timed. */
  middleware: RequestHandler;
  /** Counts a request that was answered outside of express. */
  observe(route: string, method: string, status: number, seconds: number): void;
}

export function httpMetrics(registry: Registry, openStreams: () => number): HttpMetrics {
  const seconds = new Histogram({
    name: 'iaros_http_request_seconds',
    help: 'Time to answer a request',
    labelNames: ['route', 'method', 'status'],
    buckets: SECONDS,
    registers: [registry],
  });
  new Gauge({
    name: 'iaros_http_streams',
    help: 'Open event streams',
    registers: [registry],
    collect() {
      this.set(openStreams());
    },
  });
  const middleware: RequestHandler = (request, response, next) => {
    const start = performance.now();
    response.once('finish', () => {
      if (String(response.getHeader('content-type')).startsWith('text/event-stream')) return;
      seconds.observe(
        { route: routeOf(response), method: request.method, status: response.statusCode },
        (performance.now() - start) / 1_000,
      );
    });
    next();
  };
  return {
    middleware,
    observe(route, method, status, each) {
      seconds.observe({ route, method, status }, each);
    },
  };
}

/** The handler of a route says under which template it is measured. */
export function setRoute(response: Response, template: string): void {
  response.locals.route = template;
}

const routeOf = (response: Response): string =>
  typeof response.locals.route === 'string' ? response.locals.route : UNMATCHED;
