import { randomUUID } from 'node:crypto';
import { demoAirline } from '../../connectors/demo-airline/index.ts';
import type { Ports } from '../../connectors/ports/index.ts';
import { authenticateCommand, cancelCommand } from '../../ingress/channels/change-order.ts';
import { placeCommand } from '../../ingress/channels/place-order.ts';
import { OrderBody } from '../../ingress/order-body.ts';
import type { Settings } from '../../processors/settings.ts';
import type { OrderCommand } from '../../schemas/types.ts';
import type { FlowNode } from '../../topology/define.ts';
import { orderFlow } from '../../topology/order-flow.ts';
import { loadConfig } from '../../topology/runtime/config.ts';
import type { OrderState } from '../../topology/runtime/state.ts';
import { driver } from '../driver/driver.ts';
import { openMemoryInventory } from '../driver/memory-inventory.ts';
import { memoryKeys } from '../driver/memory-keys.ts';
import { openMemoryState } from '../driver/memory-state.ts';
import { openMemoryVelocity } from '../driver/memory-velocity.ts';
import { simulators } from '../driver/simulators.ts';

const PEPPER = 'a pepper for tests only';
export const START = Date.UTC(2026, 11, 1, 9);
/** A second longer than a record waits for its next try. */
const LONGEST_PUT_OFF_MS = 31_000;
export const TRAVEL_DATE = '2026-12-24';

export const nodeOf = (name: string): FlowNode => orderFlow.nodes.find((node) => node.name === name) as FlowNode;

export interface PlaceChoice {
  flight?: string;
  token?: string;
  bookingClass?: string;
  passengers?: number;
  orderId?: string;
}

/** The whole flow with everything it uses in memory, under a clock that only `advance` moves. */
export function world(options: { chained?: boolean; settings?: Partial<Settings>; state?: (state: OrderState) => OrderState } = {}) {
  let now = START;
  const companies = simulators({ now: () => now });
  const inventory = openMemoryInventory();
  const keys = memoryKeys();
  const memory = openMemoryState();
  const settings = { ...loadConfig({}).settings, ...options.settings };
  const ports: Ports = {
    payment: companies.payment, reservation: companies.reservation, notification: companies.notification,
    catalogue: demoAirline({ now: () => now }), inventory, velocity: openMemoryVelocity(), keys,
  };
  const flow = driver(orderFlow, { ports, state: options.state?.(memory) ?? memory, settings, startAt: now, chained: options.chained ?? false });

  return {
    flow, companies, inventory, memory, settings,
    async advance(ms: number): Promise<void> {
      now += ms;
      await flow.advance(ms);
    },
    /** Until all that was put off has been tried again, every hold has lapsed, and what follows from that is done. */
    async outlastHolds(): Promise<void> {
      for (let round = 0; round < 6; round += 1) await this.advance(LONGEST_PUT_OFF_MS);
      await this.advance(settings.holdMs);
      for (let round = 0; round < 3; round += 1) await this.advance(LONGEST_PUT_OFF_MS);
    },
    /** Puts a place command on its topic; answers the order id. */
    async place(choice: PlaceChoice = {}): Promise<string> {
      const command = await this.command(choice);
      flow.pipe(command);
      return command.orderId;
    },
    async command({ flight = 'IA101', token = 'tok_visa', bookingClass = 'Y', passengers = 1, orderId = randomUUID() }: PlaceChoice = {}): Promise<OrderCommand> {
      const customerId = `C-${orderId.slice(0, 8)}`;
      const passengerIds = Array.from({ length: passengers }, (_, index) => `P${index + 1}`);
      const body = OrderBody.parse({
        channel: 'web', currency: 'USD',
        customer: { customerId, email: `${customerId}@example.com`, phone: '+442071838750', locale: 'en-GB' },
        passengers: passengerIds.map((passengerId, index) => ({ passengerId, type: 'ADT', givenName: 'Ada', familyName: `Byron${'abcdefghi'[index]}`, dateOfBirth: '1985-12-10' })),
        items: [{ type: 'flight', flightNumber: flight, departureDate: TRAVEL_DATE, bookingClass, passengerIds }],
        payment: { method: 'card', token },
      });
      return placeCommand(body, { orderId, now, key: await keys.keyFor(customerId), pepper: PEPPER });
    },
    cancel(orderId: string): void {
      flow.pipe(cancelCommand({ commandId: randomUUID(), orderId, now }, 'customer_request'));
    },
    authenticate(orderId: string, result: 'authenticated' | 'failed'): void {
      flow.pipe(authenticateCommand({ commandId: randomUUID(), orderId, now }, result));
    },
    /** Types of the order's events, by version. */
    async types(orderId: string): Promise<string[]> {
      return (await flow.events(orderId)).map(({ type }) => type);
    },
    async status(orderId: string): Promise<string | undefined> {
      return (await flow.events(orderId)).at(-1)?.status;
    },
    /** Kinds of the payment ledger's entries of the order. */
    money(orderId: string): string[] {
      return companies.ledger().filter((entry) => entry.orderId === orderId).map(({ kind }) => kind);
    },
    async seats(flightNumber = 'IA101', bookingClass = 'Y') {
      const [counts] = await inventory.counts([{ flightNumber, departureDate: TRAVEL_DATE }]);
      return counts?.[bookingClass] ?? { held: 0, sold: 0 };
    },
  };
}

export type World = ReturnType<typeof world>;
