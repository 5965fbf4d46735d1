export interface FlightDate {
  flightNumber: string;
  /** YYYY-MM-DD */
  departureDate: string;
}

export const INVENTORY_KEY_PREFIX = '{inv:';
const ENTRIES_SUFFIX = ':orders';

/** Hash of counters: `h:<class>` held, `s:<class>` sold, `seq` changes so far. */
export const countersKey = ({ flightNumber, departureDate }: FlightDate): string =>
  `{inv:${flightNumber}:${departureDate}}`;

/** Hash of what each order has on the flight: `held|sold <expires ms> <class>=<seats>,… <token>`, or `released`. */
export const entriesKey = (flight: FlightDate): string => countersKey(flight) + ENTRIES_SUFFIX;

/**
 * Sorted set of the flights whose counters changed last, by counters key; the score tells how many changes of any flight there had been
 * by then, and the empty member carries that number itself.
 */
export const CHANGES_KEY = 'inventory-changes';

/** Changed flights that are remembered; a reader further behind has to take everything for changed. Also in changed.lua. */
export const CHANGES_KEPT = 20_000;

/** The flight-date of a counters key. Throws where it is none. */
export function flightOf(key: string): FlightDate {
  const [, flightNumber, departureDate] = /^\{inv:([^:]+):([^:}]+)\}$/.exec(key) ?? [];
  if (!flightNumber || !departureDate) throw new Error(`not the key of a flight's counters: ${key}`);
  return { flightNumber, departureDate };
}

export const isEntriesKey = (key: string): boolean => key.endsWith(ENTRIES_SUFFIX);

/** When the keys of a flight may go, ms since the epoch: eight days after the start of the departure date, UTC. */
export const keptUntil = ({ departureDate }: FlightDate): number => Date.parse(departureDate) + 8 * 86_400_000;
