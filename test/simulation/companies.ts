import type { Exchange } from '../../connectors/http/exchange.ts';
import { TransientFault } from '../../connectors/ports/transient-fault.ts';
import type { Sandbox } from '../../connectors/sandbox/sandbox.ts';
import type { Network } from './network.ts';

const copy = (body: unknown): unknown => (body === undefined ? undefined : JSON.parse(JSON.stringify(body)));

/** How a simulated process reaches the companies: their own logic, behind a network that loses and delays. */
export function companyExchange(sandbox: Sandbox, network: Network): Exchange {
  return async ({ method, path, idempotencyKey, body }) => {
    const url = new URL(path, 'http://sandbox.test');
    const segments = url.pathname.slice(1).split('/').map(decodeURIComponent);
    const request = { method, path: segments, query: url.searchParams, idempotencyKey, body: copy(body) };
    const lost = (): Error => new TransientFault(`${method} ${segments[0]}: no answer`);
    const given = await network.call({ server: 'company', label: `${method} ${segments[0]} ${segments[2] ?? ''}`.trimEnd(), serve: () => sandbox.handle(request), lost });
    if (given === 'connection_lost') throw lost();
    return { ...given, body: copy(given.body) };
  };
}
