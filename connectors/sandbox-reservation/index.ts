import type { ExchangeOptions } from '../http/open-exchange.ts';
import { openPort, type Opened } from '../http/open-port.ts';
import type { ReservationPort } from '../ports/reservation.ts';
import { sandboxReservation } from './client.ts';

/** The simulated reservation system at `url`; connects on first use. */
export function openSandboxReservation(options: ExchangeOptions): Promise<ReservationPort & Opened> {
  return openPort('sandbox reservation', '/health/reservation', options, sandboxReservation);
}
