import type { Fault, Order, PassengerType } from '../../schemas/types.ts';
import { isDate, yearsBetween } from './calendar.ts';
import { fault } from './faults.ts';
import { bookedFlights } from './itinerary.ts';
import type { Contact, Identity } from './personal-data.ts';

export const MOST_PASSENGERS = 9;
const LONGEST_NAME = 64;
const OLDEST = 120;

/** IATA passenger type at an age in full years. */
export function passengerTypeAt(age: number): PassengerType {
  if (age < 2) return 'INF';
  return age < 12 ? 'CHD' : 'ADT';
}

/**
 * Faults of names, dates of birth and types; ages are taken at `firstDeparture` (YYYY-MM-DD, null where no flight has a
 * date).
 */
export function checkIdentities(
  order: Order,
  identities: readonly (Identity | null)[],
  firstDeparture: string | null,
): Fault[] {
  return order.passengers.flatMap((passenger, index) => {
    const at = `/passengers/${index}`;
    const identity = identities[index];
    if (!identity) return [fault('identity_unreadable', at)];
    return [
      ...checkName(identity.givenName, `${at}/givenName`),
      ...checkName(identity.familyName, `${at}/familyName`),
      ...checkAge(identity.dateOfBirth, passenger.type, firstDeparture, at),
    ];
  });
}

/** Faults of the customer's contact. A telephone number is optional, an e-mail address is not: the tickets go there. */
export function checkContact(contact: Contact | null): Fault[] {
  if (!contact) return [fault('contact_unreadable', '/customer')];
  return [
    ...(isEmail(contact.email) ? [] : [fault('bad_email', '/customer/email')]),
    ...(contact.phone === '' || isPhone(contact.phone) ? [] : [fault('bad_phone', '/customer/phone')]),
  ];
}

/** Who may fly with whom, flight by flight; and nobody pays for a trip without flying. */
export function checkCompany(order: Order): Fault[] {
  const types = new Map(order.passengers.map((passenger) => [passenger.passengerId, passenger.type]));
  const flights = bookedFlights(order);
  const minors = flights.flatMap(({ pointer, passengerIds }) => {
    const count = (type: PassengerType): number => [...passengerIds].filter((id) => types.get(id) === type).length;
    const adults = count('ADT');
    if (adults === 0 && count('CHD') + count('INF') > 0) return [fault('unaccompanied_minor', pointer)];
    return count('INF') > adults ? [fault('infants_exceed_adults', pointer)] : [];
  });
  const flying = new Set(flights.flatMap(({ passengerIds }) => [...passengerIds]));
  const staying =
    flights.length === 0
      ? []
      : order.passengers.flatMap(({ passengerId }, index) =>
          flying.has(passengerId) ? [] : [fault('passenger_without_flight', `/passengers/${index}/passengerId`)],
        );
  return [...minors, ...staying];
}

function checkName(name: string, pointer: string): Fault[] {
  const fits = name.length <= LONGEST_NAME && /\p{L}/u.test(name) && !/\p{Cc}/u.test(name);
  return fits ? [] : [fault('bad_name', pointer)];
}

function checkAge(dateOfBirth: string, type: PassengerType, firstDeparture: string | null, at: string): Fault[] {
  if (!isDate(dateOfBirth)) return [fault('bad_date_of_birth', `${at}/dateOfBirth`)];
  if (firstDeparture === null) return [];
  const age = yearsBetween(dateOfBirth, firstDeparture);
  if (age < 0 || age > OLDEST) return [fault('bad_date_of_birth', `${at}/dateOfBirth`)];
  const fitting = passengerTypeAt(age);
  if (fitting === type) return [];
  return [fault('passenger_type_mismatch', `${at}/type`, `travels as ${type}, but is ${fitting} at first departure`)];
}

const isEmail = (text: string): boolean =>
  text.length <= 254 && /^[^\s@]{1,64}@[^\s@.]+(\.[^\s@.]+)*\.[^\s@.]{2,}$/u.test(text);

const isPhone = (text: string): boolean => {
  const digits = text.replace(/\D/g, '').length;
  return digits >= 7 && digits <= 15 && /^\+?[\d ().-]+$/.test(text);
};
