import { readModelRow } from '../../../processors/sinks/read-model-row.ts';
import type { DecodedRecord } from '../../../schemas/codec.ts';
import type { AnyOrderEvent } from '../../../schemas/types.ts';
import { STATUSES } from '../../order-states.ts';
import { COMMANDS_TOPIC, topicOf } from '../../topics.ts';
import { type Details, holdText, paymentText, ticketText } from './details.ts';
import type { LoggedOrder, NewestState } from './evidence.ts';

/** One text for each status, however many events carry it. */
const ONE_TEXT: ReadonlyMap<string, string> = new Map(STATUSES.map((status) => [status, status]));

/**
 * Takes the log's records in any order and keeps of each event its place in the order's history, and of each order its newest state.
 * What stands on a topic it does not belong to counts for nothing: nobody processes it, it is the dead letters' business.
 */
export class LogFold {
  readonly placed = new Set<string>();
  readonly orders = new Map<string, LoggedOrder>();
  readonly deadLetters = new Map<string, string[]>();

  add(topic: string, partition: number, offset: bigint | string, { name, record }: DecodedRecord): void {
    if (name === 'TimerFired' || name === 'AuditEntry') return;
    if (name === 'OrderCommand') {
      if (topic === COMMANDS_TOPIC && record.kind === 'place' && record.place) this.placed.add(record.orderId);
    } else if (topic === topicOf(name)) this.#addEvent(record, `${topic}/${partition}@${offset}`);
  }

  /** `decoded`: the letter's value, null where nobody can read it. */
  addDeadLetter(node: string, key: string, decoded: DecodedRecord | null): void {
    const letters = this.deadLetters.get(node) ?? [];
    this.deadLetters.set(node, letters);
    letters.push(decoded?.record.orderId ?? key);
  }

  evidence(): Pick<LogFold, 'placed' | 'orders' | 'deadLetters'> {
    return { placed: this.placed, orders: this.orders, deadLetters: this.deadLetters };
  }

  #addEvent(event: AnyOrderEvent, position: string): void {
    const { orderId, type, version, eventId } = event;
    const status = ONE_TEXT.get(event.status) ?? event.status;
    const order = this.orders.get(orderId);
    const logged = { type, version, status, eventId, position };
    if (!order) this.orders.set(orderId, { events: [logged], last: newestState(event, status) });
    else {
      order.events.push(logged);
      if (version > order.last.version) order.last = newestState(event, status);
    }
  }
}

/** What is kept of an order after its newest event. */
export function newestState(event: AnyOrderEvent, status: string): NewestState {
  const { type, version, order } = event;
  const { currency, total, hold, items, passengers, tickets } = order;
  return {
    type, version, status, details: detailsOf(event),
    order: {
      currency, total, hold, placedAt: order.placedAt,
      // Ancillaries take no seat.
      items: items.filter((item) => item.type === 'flight').map((item) => ({
        type: item.type, flightNumber: item.flightNumber, departureDate: item.departureDate, bookingClass: item.bookingClass, passengerIds: item.passengerIds,
      })),
      passengers: passengers.map((passenger) => ({ passengerId: passenger.passengerId, type: passenger.type })),
      tickets: tickets.map(({ ticketNumber }) => ({ ticketNumber })),
    },
  };
}

/** As the sink of the read model derives them. */
function detailsOf(event: AnyOrderEvent): Details {
  const { payment, hold, tickets, currency, totalMinor } = readModelRow(event, { topic: '', partition: 0, offset: '0' }).order;
  return { payment: payment && paymentText(payment, currency, totalMinor), hold: hold && holdText(hold), tickets: tickets.map(ticketText).sort() };
}
