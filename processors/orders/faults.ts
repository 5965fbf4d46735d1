import type { Fault } from '../../schemas/types.ts';

/** Everything validation can find wrong with an order, and what it means to the channel that placed it. */
export const FAULTS = {
  missing_field: 'a field this kind of item needs is absent',
  bad_id: 'an id is empty, longer than 64 characters, or used twice',
  no_flight: 'an order has at least one flight item',
  too_many_items: 'an order has at most 60 items',
  passenger_count: 'an order has 1 to 9 passengers',
  unknown_passenger: 'an item names a passenger the order does not have',
  passenger_without_flight: 'a passenger travels on no flight of the order',
  duplicate_passenger: 'an item names the same passenger twice',
  identity_unreadable: 'the sealed identity of a passenger cannot be opened',
  bad_name: 'a name is absent, longer than 64 characters or has no letter',
  bad_date_of_birth: 'the date of birth is not a date, lies after departure or is more than 120 years back',
  passenger_type_mismatch:
    'the passenger type does not fit the age at first departure: INF under 2, CHD 2 to 11, ADT from 12',
  unaccompanied_minor: 'children and infants fly with an adult of the same order on the same flight',
  infants_exceed_adults: 'each infant needs an adult of its own on the flight',
  contact_unreadable: 'the sealed contact of the customer cannot be opened',
  bad_email: 'the e-mail address is not plausible',
  bad_phone: 'the telephone number is not plausible',
  bad_date: 'the departure date is not a date of the form YYYY-MM-DD',
  unknown_flight: 'no such flight leaves on that date',
  departed: 'the flight has left',
  departure_too_close: 'sales close 60 minutes before departure',
  unknown_class: 'the booking class is not sold on the flight',
  duplicate_booking: 'a passenger is booked twice on the same flight',
  overlapping_flights: 'a passenger would have to leave before the flight before has arrived',
  unknown_ancillary: 'no such ancillary is sold',
  ancillary_without_flight: 'the ancillary belongs to a flight that is not in the order',
  ancillary_passenger_not_on_flight: 'the ancillary is for a passenger who is not on its flight',
  duplicate_item: 'a passenger has the same ancillary twice on the same flight',
  unsupported_currency: 'nothing is sold in the currency',
  not_sold_in_currency: 'the item has no price in the currency of the order',
  unknown_payment_method: 'the payment method is not taken',
  bad_token: 'the payment token does not look like one',
  pan_not_accepted: 'a card number is never accepted: send a token',
  expected_currency_mismatch: 'the expected total is in another currency than the order',
  price_changed: 'the expected total differs from the price now',
} as const satisfies Record<string, string>;

export type FaultCode = keyof typeof FAULTS;

/** A fault at a place in the order; `detail` adds facts to the code's own text and never personal data. */
export function fault(code: FaultCode, pointer: string, detail?: string): Fault {
  return { code, pointer, detail: detail ?? FAULTS[code] };
}
