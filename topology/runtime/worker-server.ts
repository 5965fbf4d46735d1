import { createServer, type Server } from 'node:http';
import type { Registry } from 'prom-client';

/** Liveness, readiness and metrics of a worker process, for probes and Prometheus. `ready` false answers 503. */
export function serveWorker(host: string, port: number, registry: Registry, ready: () => boolean): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url === '/metrics') {
      registry.metrics().then(
        (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
        () => response.writeHead(500).end(),
      );
      return;
    }
    const known = request.url === '/health/live' || request.url === '/health/ready';
    const status = !known ? 404 : request.url === '/health/ready' && !ready() ? 503 : 200;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ status: status === 200 ? 'ok' : 'unavailable' }));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}
