import type { Exchange } from './exchange.ts';
import { openExchange, type ExchangeOptions } from './open-exchange.ts';
import { faultOf } from './verdict.ts';

/** What every opened connector has besides its port. */
export interface Opened {
  /** Throws TransientFault while the other side does not answer. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a port spoken over HTTP. `healthPath` answers 200 while the other side is up. */
export async function openPort<Port extends object>(
  system: string,
  healthPath: string,
  options: ExchangeOptions,
  portOver: (exchange: Exchange) => Port,
): Promise<Port & Opened> {
  const { exchange, close } = openExchange(options);
  const check = async () => {
    const answer = await exchange({ method: 'GET', path: healthPath });
    if (answer.status !== 200) throw faultOf(system, answer);
  };
  return { ...portOver(exchange), check, close };
}
