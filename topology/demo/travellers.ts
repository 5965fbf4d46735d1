import type { OrderRequest, PassengerRequest } from './order-request.ts';
import type { Random } from './random.ts';

const GIVEN_NAMES = [
  'Ada',
  'Alma',
  'Amir',
  'Bela',
  'Bruno',
  'Carla',
  'Chen',
  'Dara',
  'Elif',
  'Emil',
  'Farah',
  'Felix',
  'Greta',
  'Hana',
  'Hugo',
  'Ines',
  'Ivo',
  'Jana',
  'Jonas',
  'Kaya',
  'Lars',
  'Leila',
  'Luca',
  'Maya',
  'Milan',
  'Nadia',
  'Noor',
  'Oskar',
  'Petra',
  'Rafael',
  'Samira',
  'Tomas',
];
const FAMILY_NAMES = [
  'Abara',
  'Almgren',
  'Barros',
  'Castell',
  'Dvorsky',
  'Eklund',
  'Fontane',
  'Garrow',
  'Haldane',
  'Ibsen',
  'Jarvik',
  'Kestrel',
  'Lindqvist',
  'Marlow',
  'Navarro',
  'Okafor',
  'Pellerin',
  'Quill',
  'Rosario',
  'Sandoval',
  'Tanaka',
  'Ulrich',
  'Varga',
  'Winslow',
  'Yilmaz',
  'Zeller',
];
/** Locale, currency usually paid in, and how its telephone numbers begin; and how often. */
const HOMES: readonly (readonly [readonly [locale: string, currency: string, prefix: string], number])[] = [
  [['en-GB', 'GBP', '+442079460'], 30],
  [['en-US', 'USD', '+12025550'], 25],
  [['de-DE', 'EUR', '+49302318'], 12],
  [['fr-FR', 'EUR', '+33199000'], 8],
  [['es-ES', 'EUR', '+34910000'], 7],
  [['it-IT', 'EUR', '+39065550'], 6],
  [['ja-JP', 'JPY', '+81350100'], 8],
  [['en-AE', 'USD', '+97145550'], 4],
];

const GROUP_SIZES = [
  [1, 54],
  [2, 26],
  [3, 8],
  [4, 7],
  [5, 3],
  [6, 1.5],
  [9, 0.5],
] as const;
const DAY_MS = 86_400_000;
const YEAR_DAYS = 365.25;

/** A customer nobody else is. `serial` is unique among all generated orders. */
export function customer(
  random: Random,
  serial: string,
  lead: PassengerRequest,
): { customer: OrderRequest['customer']; currency: string } {
  const [locale, currency, prefix] = random.weighted(HOMES);
  const email = `${lead.givenName}.${lead.familyName}.${serial}@example.com`.toLowerCase();
  const phone = `${prefix}${String(random.int(0, 999)).padStart(3, '0')}`;
  return { customer: { customerId: `C-${serial}`, email, phone, locale }, currency };
}

/** People who travel together: adults first, at most one infant to an adult. Ages are as of `departure` (ms, UTC). */
export function party(random: Random, departure: number): PassengerRequest[] {
  const size = random.weighted(GROUP_SIZES);
  const family = random.pick(FAMILY_NAMES);
  const adults = size === 1 ? 1 : Math.max(1, size - (random.chance(35) ? random.int(1, Math.min(3, size - 1)) : 0));
  let infants = 0;
  return Array.from({ length: size }, (_, at) => {
    const type = at < adults ? 'ADT' : infants < adults && random.chance(30) ? 'INF' : 'CHD';
    if (type === 'INF') infants += 1;
    return {
      passengerId: `P${at + 1}`,
      type,
      givenName: random.pick(GIVEN_NAMES),
      familyName: at === 0 || random.chance(75) ? family : random.pick(FAMILY_NAMES),
      dateOfBirth: birthDate(random, type, departure),
    };
  });
}

/** Full years and spare days at departure, with room for a journey of a few weeks. */
const AGES = { ADT: [18, 78], CHD: [3, 10], INF: [0, 0] } as const;

function birthDate(random: Random, type: PassengerRequest['type'], departure: number): string {
  const [youngest, oldest] = AGES[type];
  // An infant is born by the day of the order, which may be two months before departure.
  const days = Math.ceil(random.int(youngest, oldest) * YEAR_DAYS) + random.int(90, 330);
  return new Date(departure - days * DAY_MS).toISOString().slice(0, 10);
}
