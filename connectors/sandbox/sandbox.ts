import { answer, NOT_FOUND, refusal, type SandboxAnswer, type SandboxRequest } from './answer.ts';
import { faultRoutes } from './fault-routes.ts';
import { FaultDial, SYSTEMS, type SystemName } from './faults.ts';
import { MessageGateway } from './message-gateway.ts';
import { messageRoutes } from './message-routes.ts';
import { PaymentProcessor } from './payment-processor.ts';
import { PAYMENT_IN_FLIGHT, paymentKeyOf, paymentRoutes } from './payment-routes.ts';
import { ReservationSystem } from './reservation-system.ts';
import { reservationRoutes } from './reservation-routes.ts';
import { SandboxStore } from './store.ts';

export interface SandboxOptions {
  /** SQLite file, or ':memory:'. */
  path: string;
  /** Where payers are sent to authenticate. */
  baseUrl: string;
  seed?: number;
  /** ms since the epoch, UTC. */
  now?: () => number;
  /** Waits for a slow answer; tests may pass their own. */
  sleep?: (ms: number) => Promise<void>;
}

type Routes = (request: SandboxRequest) => SandboxAnswer;

const FAULT_ERROR = refusal(500, 'internal_error', 'A fault was switched on for this system.');
const TOO_MANY = { error: { code: 'rate_limited', detail: 'Too many calls.' } };

/** The simulated companies with their books in one store, and the faults that strike on the way to them. HTTP is not known here. */
export class Sandbox {
  readonly payment: PaymentProcessor;
  readonly reservation: ReservationSystem;
  readonly notification: MessageGateway;
  readonly faults: FaultDial;
  readonly #store: SandboxStore;
  readonly #routes: Record<string, { system: SystemName; routes: Routes }>;
  readonly #faultRoutes: Routes;
  readonly #sleep: (ms: number) => Promise<void>;
  /** Payments with a call under way. */
  readonly #inFlight = new Set<string>();

  constructor({ path, baseUrl, seed = 1, now = Date.now, sleep = wait }: SandboxOptions) {
    this.#store = new SandboxStore(path);
    this.#sleep = sleep;
    this.faults = new FaultDial(seed);
    this.payment = new PaymentProcessor(this.#store, now);
    this.reservation = new ReservationSystem(this.#store, now);
    this.notification = new MessageGateway(this.#store, now);
    const payment = { system: 'payment' as const, routes: paymentRoutes(this.payment, baseUrl) };
    this.#routes = {
      payments: payment,
      ledger: payment,
      challenges: payment,
      bookings: { system: 'reservation', routes: reservationRoutes(this.reservation) },
      messages: { system: 'notification', routes: messageRoutes(this.notification) },
    };
    this.#faultRoutes = faultRoutes(this.faults);
  }

  /** Answers once everything the answer tells of is stored for good. */
  async handle(request: SandboxRequest): Promise<SandboxAnswer> {
    const [first = '', second] = request.path;
    if (first === 'health') return this.#health(second);
    if (first === 'faults') return this.#faultRoutes(request);
    if (!Object.hasOwn(this.#routes, first)) return NOT_FOUND;
    const { system, routes } = this.#routes[first]!;
    if (request.method !== 'POST') return this.#store.transact(() => routes(request));
    const payment = paymentKeyOf(request);
    if (payment === undefined) return this.#change(system, routes, request);
    if (this.#inFlight.has(payment)) return PAYMENT_IN_FLIGHT;
    this.#inFlight.add(payment);
    try {
      return await this.#change(system, routes, request);
    } finally {
      this.#inFlight.delete(payment);
    }
  }

  close(): void {
    this.#store.close();
  }

  async #change(system: SystemName, routes: Routes, request: SandboxRequest): Promise<SandboxAnswer> {
    const fault = this.faults.strike(system);
    switch (fault?.mode) {
      case 'error':
        return FAULT_ERROR;
      case 'down':
        return 'connection_lost';
      case 'rate_limited':
        return { status: 429, body: TOO_MANY, retryAfterMs: fault.latencyMs };
      case 'slow':
        await this.#sleep(fault.latencyMs);
    }
    const given = await this.#store.transact(() => routes(request));
    return fault?.mode === 'lost_answer' ? 'connection_lost' : given;
  }

  #health(system: string | undefined): SandboxAnswer {
    if (system !== undefined && !SYSTEMS.includes(system as SystemName)) return NOT_FOUND;
    if (system !== undefined && this.faults.isDown(system as SystemName)) return 'connection_lost';
    return answer(200, { status: 'up' });
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
