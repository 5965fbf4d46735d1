import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type ExchangeOptions, openExchange } from '../../../connectors/http/open-exchange.ts';
import { whenItsTurn } from '../../../connectors/http/whose-turn.ts';
import { TransientFault } from '../../../connectors/ports/transient-fault.ts';

let server: Server | undefined;
let close: (() => Promise<void>) | undefined;
afterEach(async () => {
  await close?.();
  server?.closeAllConnections();
  server?.close();
});

async function exchangeWith(listener: RequestListener, maxAnswerBytes?: number, timeoutMs = 5_000, shared: Pick<ExchangeOptions, 'connections' | 'pipelining'> = {}) {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const opened = openExchange({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`,
    timeoutMs,
    maxAnswerBytes,
    ...shared,
  });
  close = opened.close;
  return opened.exchange;
}

describe('HTTP exchange', () => {
  it('sends key and JSON below the given address, and answers status, body and waiting time', async () => {
    const exchange = await exchangeWith((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const seen = {
          path: request.url,
          key: request.headers['idempotency-key'],
          sent: Buffer.concat(chunks).toString(),
        };
        response.writeHead(429, { 'retry-after': '3' }).end(JSON.stringify(seen));
      });
    });
    const answer = await exchange({ method: 'POST', path: '/things', idempotencyKey: 'k-1', body: { a: 'ü' } });
    expect(answer).toEqual({
      status: 429,
      retryAfterMs: 3_000,
      body: { path: '/base/things', key: 'k-1', sent: '{"a":"ü"}' },
    });
  });

  it('answers no body where it is not JSON', async () => {
    const exchange = await exchangeWith((_, response) => response.writeHead(502).end('<html>bad gateway</html>'));
    expect(await exchange({ method: 'GET', path: '/' })).toEqual({
      status: 502,
      body: undefined,
      retryAfterMs: undefined,
    });
  });

  it.each<[string, RequestListener]>([
    ['a connection closed without an answer', (request) => request.socket.destroy()],
    [
      'half an answer',
      (_, response) => response.writeHead(200, { 'content-length': 100 }).write('{"a":', () => response.destroy()),
    ],
    ['no answer in time', () => undefined],
  ])('throws TransientFault on %s', async (_, listener) => {
    const exchange = await exchangeWith(listener, undefined, 200);
    await expect(exchange({ method: 'POST', path: '/' })).rejects.toBeInstanceOf(TransientFault);
  });

  it('lets requests share a connection: answers go to whom they belong, and where it breaks only the one whose turn it was fails', async () => {
    let connections = 0;
    const exchange = await exchangeWith((request, response) => {
      if (request.url === '/base/5') whenItsTurn(response, (socket) => socket.destroySoon());
      else setTimeout(() => response.end(JSON.stringify(request.url)), request.url === '/base/2' ? 30 : 0);
    }, undefined, 5_000, { connections: 1, pipelining: 8 });
    server?.on('connection', () => (connections += 1));
    const paths = Array.from({ length: 20 }, (_, n) => `/${n}`);
    const outcomes = await Promise.allSettled(paths.map((path) => exchange({ method: 'POST', path, body: {} })));
    const failed = outcomes.flatMap((outcome, n) => (outcome.status === 'rejected' ? [{ n, error: outcome.reason as unknown }] : []));
    expect(failed).toEqual([{ n: 5, error: expect.any(TransientFault) }]);
    outcomes.forEach((outcome, n) => outcome.status === 'fulfilled' && expect(outcome.value.body).toBe(`/base/${n}`));
    expect(connections).toBe(2);
  });

  it('refuses an answer larger than allowed', async () => {
    const exchange = await exchangeWith((_, response) => response.end(JSON.stringify('x'.repeat(5_000))), 1_000);
    await expect(exchange({ method: 'GET', path: '/' })).rejects.toBeInstanceOf(TransientFault);
  });

  it('throws TransientFault where nobody listens', async () => {
    const exchange = await exchangeWith(() => undefined);
    server!.close();
    await once(server!, 'close');
    await expect(exchange({ method: 'GET', path: '/' })).rejects.toBeInstanceOf(TransientFault);
  });

  it('a request that cannot be made is no passing fault', async () => {
    const exchange = await exchangeWith((_, response) => response.end('{}'));
    const outcome = await exchange({ method: 'POST', path: '/', idempotencyKey: 'line\nbreak' }).catch(
      (error: unknown) => error,
    );
    expect(outcome).toBeInstanceOf(Error);
    expect(outcome).not.toBeInstanceOf(TransientFault);
  });
});
