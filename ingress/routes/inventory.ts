import { z } from 'zod';
import { answer } from '../answer.ts';
import { endpoint } from '../endpoint.ts';
import { noneMatch } from '../entity-tag.ts';
import type { IngressSettings } from '../dependencies.ts';
import type { Log } from '../log.ts';
import { Problem } from '../problem.ts';

const Airport = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .meta({ description: 'IATA airport code.' });

export const AvailabilityQuery = z.strictObject({
  date: z.iso.date().meta({ description: 'Date of departure at the airport, YYYY-MM-DD.' }),
  origin: Airport.optional(),
  destination: Airport.optional(),
  flightNumber: z
    .string()
    .regex(/^[A-Z0-9]{2}\d{1,4}[A-Z]?$/)
    .optional(),
  passengers: z
    .string()
    .regex(/^\d{1,2}$/)
    .transform(Number)
    .pipe(z.int().min(1).max(99))
    .optional()
    .meta({ description: 'Leaves out classes with fewer seats.' }),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .optional()
    .meta({ description: 'ISO 4217; the first currency sold in unless told.' }),
});

const Availability = z
  .object({
    flightNumber: z.string(),
    departureDate: z.string(),
    origin: z.string(),
    destination: z.string(),
    departsAt: z.string(),
    arrivesAt: z.string(),
    classes: z.array(
      z.object({
        bookingClass: z.string(),
        cabin: z.string(),
        available: z.int(),
        price: z.object({ amount: z.int(), currency: z.string() }).meta({ description: 'One adult.' }),
      }),
    ),
  })
  .meta({ id: 'FlightAvailability' });

/** The question as asked, in the first currency sold in unless it names one. */
export const withCurrency = (
  query: z.output<typeof AvailabilityQuery>,
  { currencies }: Pick<IngressSettings, 'currencies'>,
) => ({ ...query, currency: query.currency ?? currencies[0] ?? 'USD' });

export const searchAvailability = endpoint({
  method: 'get',
  path: '/api/v1/inventory/availability',
  operationId: 'searchAvailability',
  tag: 'inventory',
  summary: 'Flights of a date with the seats left in each class. Answers are up to a second old.',
  query: AvailabilityQuery,
  requestHeaders: { 'If-None-Match': 'The entity tag of an earlier answer: 304 where it still stands.' },
  answers: {
    200: {
      description: 'Flights, by number.',
      schema: z.object({ data: z.array(Availability) }),
      headers: { ETag: 'Stands for these flights with these seats.' },
    },
    304: { description: 'Nothing has changed.' },
  },
  problems: ['invalid_request', 'unavailable'],
  async handle({ availability, settings, log }, { request, query }) {
    const { json, etag } = await availability.search(withCurrency(query, settings)).catch(unreachable(log));
    const headers = { ETag: etag };
    return noneMatch(request.get('if-none-match'), etag) ? answer(200, json, headers) : answer(304, undefined, headers);
  },
});

const Seats = z
  .object({
    flightNumber: z.string(),
    departureDate: z.string(),
    classes: z.array(
      z.object({
        bookingClass: z.string(),
        capacity: z.int(),
        authorized: z.int(),
        held: z.int(),
        sold: z.int(),
        available: z.int(),
      }),
    ),
  })
  .meta({ id: 'FlightSeats' });

export const inventoryStatus = endpoint({
  method: 'get',
  path: '/api/v1/inventory/status',
  operationId: 'readInventoryStatus',
  tag: 'inventory',
  summary: "Seats held and sold on a date's flights, and the rules they are sold by.",
  query: z.strictObject({ date: z.iso.date().optional().meta({ description: 'Today in UTC unless told.' }) }),
  answers: {
    200: {
      description: 'Seats by flight and class.',
      schema: z.object({
        date: z.string(),
        allocation: z.string(),
        overbookingFactor: z.number(),
        inventorySyncMs: z.int(),
        totals: z.object({ authorized: z.int(), held: z.int(), sold: z.int(), available: z.int() }),
        data: z.array(Seats),
      }),
    },
  },
  problems: ['invalid_request', 'unavailable'],
  async handle({ availability, settings, now, log }, { query }) {
    const date = query.date ?? new Date(now()).toISOString().slice(0, 10);
    const data = await availability.seatsOn(date).catch(unreachable(log));
    const totals = { authorized: 0, held: 0, sold: 0, available: 0 };
    for (const { classes } of data) {
      for (const each of classes) {
        for (const count of ['authorized', 'held', 'sold', 'available'] as const) totals[count] += each[count];
      }
    }
    const { allocation, overbookingFactor, inventorySyncMs } = settings;
    return answer(200, { date, allocation, overbookingFactor, inventorySyncMs, totals, data });
  },
});

const unreachable =
  (log: Log) =>
  (cause: unknown): never => {
    log.warn({ err: cause }, 'seat counts could not be read');
    throw new Problem('unavailable', 'The seat counts cannot be read at the moment.', { retryAfterSeconds: 1, cause });
  };
