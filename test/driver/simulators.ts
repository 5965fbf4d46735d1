import type { Exchange } from '../../connectors/http/exchange.ts';
import type { NotificationPort } from '../../connectors/ports/notification.ts';
import type { PaymentPort } from '../../connectors/ports/payment.ts';
import type { ReservationPort } from '../../connectors/ports/reservation.ts';
import { TransientFault } from '../../connectors/ports/transient-fault.ts';
import type { FaultDial } from '../../connectors/sandbox/faults.ts';
import type { MessageRecord } from '../../connectors/sandbox/message-gateway.ts';
import type { LedgerEntry } from '../../connectors/sandbox/payment-ledger.ts';
import type { Booking } from '../../connectors/sandbox/reservation-system.ts';
import { Sandbox } from '../../connectors/sandbox/sandbox.ts';
import { sandboxNotification } from '../../connectors/sandbox-notification/client.ts';
import { sandboxPayment } from '../../connectors/sandbox-payment/client.ts';
import { sandboxReservation } from '../../connectors/sandbox-reservation/client.ts';

const EVERYTHING = Number.MAX_SAFE_INTEGER;

export interface SimulatorOptions {
  /** SQLite file to keep state in; in memory unless given. */
  path?: string;
  /** ms since the epoch, UTC; stamps ledger, bookings and messages. */
  now?: () => number;
  /** Fixes which calls a fault with a rate strikes. */
  seed?: number;
  /** Waits for a slow answer; resolves at once unless given. */
  sleep?: (ms: number) => Promise<void>;
}

export interface Simulators {
  payment: PaymentPort;
  reservation: ReservationPort;
  notification: NotificationPort;
  /** Every change of every payment, in order. */
  ledger(): LedgerEntry[];
  booking(orderId: string): Booking | undefined;
  messages(orderId: string): MessageRecord[];
  /** Switches faults on and off: `faults.set({ system: 'payment', mode: 'error', count: 2 })`. */
  faults: FaultDial;
  /** Closes the companies' books and opens them again, as a restart does; in memory they are then empty. */
  restart(): void;
  close(): void;
}

/**
 * The outside companies in this process: the simulators and the clients that `npm start` runs, with the network taken out. Requests and
 * answers still pass through JSON; a lost answer, a timeout or a 500 meets the caller as it would over HTTP.
 */
export function simulators(options: SimulatorOptions = {}): Simulators {
  const { path = ':memory:', now = () => 0, seed = 1, sleep = () => Promise.resolve() } = options;
  const open = () => new Sandbox({ path, baseUrl: 'http://sandbox.test', now, seed, sleep });
  let sandbox = open();
  const exchange = inProcess(() => sandbox);
  return {
    payment: sandboxPayment(exchange),
    reservation: sandboxReservation(exchange),
    notification: sandboxNotification(exchange),
    ledger: () => sandbox.payment.ledger.page(0, EVERYTHING),
    booking: (orderId) => sandbox.reservation.find(orderId),
    messages: (orderId) => sandbox.notification.messages(orderId),
    get faults() {
      return sandbox.faults;
    },
    restart: () => {
      sandbox.close();
      sandbox = open();
    },
    close: () => sandbox.close(),
  };
}

/** An exchange that ends in a sandbox instead of a socket. */
function inProcess(sandbox: () => Sandbox): Exchange {
  return async ({ method, path, idempotencyKey, body }) => {
    const url = new URL(path, 'http://sandbox.test');
    const given = await sandbox().handle({
      method,
      path: url.pathname.slice(1).split('/').map(decodeURIComponent),
      query: url.searchParams,
      idempotencyKey,
      body: body === undefined ? undefined : JSON.parse(JSON.stringify(body)),
    });
    if (given === 'connection_lost') throw new TransientFault(`${method} ${url.pathname}: no answer (connection lost)`);
    return { ...given, body: JSON.parse(JSON.stringify(given.body)) as unknown };
  };
}
