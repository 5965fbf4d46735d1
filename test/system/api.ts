import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

export interface OrderView {
  orderId: string;
  status: string;
  version: number;
  bookingReference: string | null;
  tickets: { passengerId: string; ticketNumber: string }[];
  payment: { status: string; declineCode?: string | null };
  closure?: { reason: string; detail: string } | null;
  faults?: { code: string; pointer: string; detail: string }[];
  [field: string]: unknown;
}

/** A day some weeks ahead, YYYY-MM-DD: far from the edges of what is on sale. */
export const travelDate = (daysAhead = 30): string => new Date(Date.now() + daysAhead * 86_400_000).toISOString().slice(0, 10);

/** A plain order for one adult, with a customer of its own. `flight` and `token` choose what the sandbox does. */
export function orderBody(choice: { flight?: string; token?: string; bookingClass?: string; date?: string; passengers?: number; customerId?: string; email?: string } = {}) {
  const { flight = 'IA101', token = 'tok_visa', bookingClass = 'Y', date = travelDate(), passengers = 1 } = choice;
  const customerId = choice.customerId ?? `C-${randomUUID().slice(0, 8)}`;
  const ids = Array.from({ length: passengers }, (_, index) => `P${index + 1}`);
  return {
    channel: 'web',
    customer: { customerId, email: choice.email ?? `${customerId.toLowerCase()}@example.com`, phone: '+442071838750', locale: 'en-GB' },
    passengers: ids.map((passengerId, index) => ({ passengerId, type: 'ADT', givenName: 'Ada', familyName: `Lovelace${'abcdefghi'[index]}`, dateOfBirth: '1985-12-10' })),
    items: [{ type: 'flight', flightNumber: flight, departureDate: date, bookingClass, passengerIds: ids }],
    currency: 'USD',
    payment: { method: 'card', token },
  };
}

/** The HTTP API as a channel uses it. */
export class Api {
  readonly #base: string;
  constructor(url: string) {
    this.#base = `${url}/api/v1`;
  }

  async post(body: unknown, headers: Record<string, string> = {}): Promise<{ status: number; body: OrderView; headers: Headers }> {
    const answer = await fetch(`${this.#base}/orders`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
    return { status: answer.status, body: (await answer.json()) as OrderView, headers: answer.headers };
  }

  /** Places and waits for the end. */
  async place(body: unknown): Promise<OrderView> {
    const placed = await this.post(body, { prefer: 'wait=20' });
    if (placed.status === 201) return placed.body;
    if (placed.status !== 202) throw new Error(`POST answered ${placed.status}: ${JSON.stringify(placed.body)}`);
    return this.until(placed.body.orderId, ({ status }) => FINAL.has(status));
  }

  async order(orderId: string): Promise<OrderView> {
    const answer = await fetch(`${this.#base}/orders/${orderId}`);
    if (!answer.ok) throw new Error(`GET ${orderId} answered ${answer.status}`);
    return (await answer.json()) as OrderView;
  }

  /** Statuses in order, passed-through ones included. */
  async history(orderId: string): Promise<string[]> {
    const answer = await fetch(`${this.#base}/orders/${orderId}/status`);
    const { history } = (await answer.json()) as { history: { status: string }[] };
    return history.map(({ status }) => status);
  }

  async until(orderId: string, reached: (order: OrderView) => boolean, patienceMs = 60_000): Promise<OrderView> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const order = await this.order(orderId);
      if (reached(order)) return order;
      if (Date.now() > deadline) throw new Error(`order ${orderId} still stands at ${order.status}`);
      await sleep(100);
    }
  }

  /** Waits until the API knows an order whose command did not come through it. */
  async arrived(orderId: string, patienceMs = 60_000): Promise<void> {
    const deadline = Date.now() + patienceMs;
    while ((await fetch(`${this.#base}/orders/${orderId}`)).status === 404) {
      if (Date.now() > deadline) throw new Error(`order ${orderId} has not arrived`);
      await sleep(100);
    }
  }

  async cancel(orderId: string): Promise<number> {
    return (await fetch(`${this.#base}/orders/${orderId}`, { method: 'DELETE' })).status;
  }

  async authenticate(orderId: string, challengeResult: string): Promise<number> {
    const answer = await fetch(`${this.#base}/orders/${orderId}/payment`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ challengeResult }) });
    return answer.status;
  }

  /** Seats on sale by booking class. */
  async available(flightNumber: string, date: string): Promise<Record<string, number>> {
    const answer = await fetch(`${this.#base}/inventory/availability?date=${date}&flightNumber=${flightNumber}`);
    const { data } = (await answer.json()) as { data: { classes: { bookingClass: string; available: number }[] }[] };
    return Object.fromEntries((data[0]?.classes ?? []).map(({ bookingClass, available }) => [bookingClass, available]));
  }

  async json(path: string): Promise<unknown> {
    return (await fetch(`${this.#base}${path}`)).json();
  }
}

export const FINAL: ReadonlySet<string> = new Set(['Invalid', 'Fulfilled', 'Refunded', 'Cancelled']);
