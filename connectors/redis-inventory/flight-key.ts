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

export const isEntriesKey = (key: string): boolean => key.endsWith(ENTRIES_SUFFIX);

/** When the keys of a flight may go, ms since the epoch: eight days after the start of the departure date, UTC. */
export const keptUntil = ({ departureDate }: FlightDate): number => Date.parse(departureDate) + 8 * 86_400_000;
