import type { Fault, Order, OrderEvent } from '../../schemas/types.ts';
import { checkPayment } from '../payments/payment-details.ts';
import { type Context, type Draft, emit } from '../processor.ts';
import { checkAncillaries } from './ancillaries.ts';
import { fault } from './faults.ts';
import { checkItinerary, firstDeparture } from './itinerary.ts';
import { checkCompany, checkContact, checkIdentities } from './passengers.ts';
import { readContact, readIdentities } from './personal-data.ts';
import { checkExpectedTotal, priceOrder } from './pricing.ts';
import { checkReferences, checkSize } from './shape.ts';

/**
 * Finds everything that is wrong with the order, or prices it. No content makes it throw; a key store that is away
 * does.
 */
export async function validate(
  event: OrderEvent<'OrderReceived'>,
  context: Context,
): Promise<readonly Draft<'OrderValidated' | 'OrderInvalid'>[]> {
  const { order } = event;
  const oversize = checkSize(order);
  if (oversize.length > 0) return emit('OrderInvalid', refused(order, oversize));

  const [contact, identities] = await Promise.all([
    readContact(order, context.keys),
    readIdentities(order, context.keys),
  ]);
  const quote = priceOrder(order, context.catalogue);
  const personal = [...checkContact(contact), ...checkIdentities(order, identities, firstDeparture(order))];
  const faults = [...checkReferences(order), ...personal, ...checkRest(order, quote, context)];
  if (faults.length > 0 || !quote.total) return emit('OrderInvalid', refused(order, faults));
  return emit('OrderValidated', { ...order, items: quote.items, total: quote.total });
}

/** What is wrong with the order as far as one can see without opening what is sealed. */
export function checkContent(order: Order, world: Pick<Context, 'settings' | 'catalogue' | 'now'>): Fault[] {
  const oversize = checkSize(order);
  if (oversize.length > 0) return oversize;
  return [...checkReferences(order), ...checkRest(order, priceOrder(order, world.catalogue), world)];
}

function checkRest(
  order: Order,
  quote: ReturnType<typeof priceOrder>,
  { settings, catalogue, now }: Pick<Context, 'settings' | 'catalogue' | 'now'>,
): Fault[] {
  return [
    ...checkCompany(order),
    ...checkItinerary(order, catalogue, now),
    ...checkAncillaries(order, catalogue),
    ...checkPayment(order),
    ...(settings.currencies.includes(order.currency) ? quote.faults : [fault('unsupported_currency', '/currency')]),
    ...checkExpectedTotal(order, quote.total),
  ];
}

const refused = (order: Order, faults: Fault[]): Order => ({
  ...order,
  faults,
  closure: { reason: 'invalid', detail: [...new Set(faults.map((one) => one.code))].join(', ') },
});
