import type { Ports } from '../../connectors/ports/index.ts';
import type { Context } from '../../processors/processor.ts';
import type { Settings } from '../../processors/settings.ts';
import type { Codec } from '../../schemas/codec.ts';
import type { OrderState } from './state.ts';

/** Everything that a step uses. */
export interface Services {
  state: OrderState;
  ports: Ports;
  codec: Codec;
  settings: Settings;
  /** ms since the epoch, UTC. */
  now: () => number;
}

/** As a node sees them, for one order. */
export function contextOf(orderId: string, services: Services): Context {
  return { ...services.ports, settings: services.settings, now: services.now(), key: (effect) => `${orderId}:${effect}` };
}
