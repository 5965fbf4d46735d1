import { expect, test } from 'vitest';
import type { Order } from '../../../schemas/types.ts';
import { TransientFault } from '../../../connectors/ports/transient-fault.ts';
import { validate } from '../../../processors/orders/validate.ts';
import {
  bag,
  catalogueOf,
  context,
  event,
  flight,
  flightItem,
  frozen,
  HOUR_MS,
  NOW,
  order,
  passenger,
  sealedContact,
  sealedIdentity,
  settings,
} from '../given.ts';

const run = async (of: Order, within = context()) => {
  const drafts = await validate(event('OrderReceived', frozen(of)), within);
  expect(drafts).toHaveLength(1);
  return drafts[0]!;
};

/** Faults as `code pointer`. */
const faultsOf = async (of: Order, within = context()) => {
  const draft = await run(of, within);
  expect(draft.type).toBe('OrderInvalid');
  expect(draft.order.total).toBeNull();
  return draft.order.faults.map(({ code, pointer }) => `${code} ${pointer}`);
};

test('prices every item and the whole', async () => {
  const draft = await run(order({ expectedTotal: { amount: 23_400, currency: 'USD' } }));
  expect(draft.type).toBe('OrderValidated');
  expect(draft.order.items.map(({ amount }) => amount)).toEqual([19_900, 3_500]);
  expect(draft.order.total).toEqual({ amount: 23_400, currency: 'USD' });
  expect(draft.order.faults).toEqual([]);
});

test('prices an item for all its passengers by their types', async () => {
  const all = ['A', 'C', 'B'];
  const draft = await run(
    order({
      passengers: [passenger('A'), passenger('C', 'CHD'), passenger('B', 'INF')],
      items: [flightItem('IA101', '2026-12-24', all), bag(null, null, ['A', 'C'])],
    }),
  );
  expect(draft.order.items.map(({ amount }) => amount)).toEqual([19_900 + 14_925 + 1_990, 7_000]);
  expect(draft.order.total).toEqual({ amount: 43_815, currency: 'USD' });
});

test('a return trip with connection in time is sold', async () => {
  const draft = await run(order({ items: [flightItem('IA101', '2026-12-24'), flightItem('IA104', '2026-12-24')] }));
  expect(draft.type).toBe('OrderValidated');
});

test('lists every fault of an order at once', async () => {
  const faults = await faultsOf(
    order({
      currency: 'XTS',
      payment: { ...order().payment, method: 'barter', token: '!' },
      items: [flightItem('IA999', '2026-12-24'), bag('IA101', '2026-12-24', ['P1'], 'NONE')],
    }),
  );
  expect(faults).toEqual([
    'unknown_flight /items/0/flightNumber',
    'unknown_ancillary /items/1/code',
    'ancillary_without_flight /items/1',
    'unknown_payment_method /payment/method',
    'bad_token /payment/token',
    'unsupported_currency /currency',
  ]);
});

test('the closure names each code once', async () => {
  const draft = await run(order({ items: [flightItem('IA999', '2026-12-24'), flightItem('IA998', '2026-12-24')] }));
  expect(draft.order.closure).toEqual({ reason: 'invalid', detail: 'unknown_flight' });
});

test.each([
  [
    'ten passengers',
    { passengers: Array.from({ length: 10 }, (_, n) => passenger(`P${n}`)) },
    ['passenger_count /passengers'],
  ],
  ['61 items', { items: Array.from({ length: 61 }, () => bag(null, null)) }, ['too_many_items /items']],
  [
    'ten passengers on an item',
    { items: [flightItem('IA101', '2026-12-24', Array(10).fill('P1'))] },
    ['passenger_count /items/0/passengerIds'],
  ],
] as const)('%s: refused for the size alone', async (_, changes, expected) => {
  expect(await faultsOf(order(changes as unknown as Partial<Order>))).toEqual(expected);
});

test('an order without passengers is looked into all the same: every fault is listed', async () => {
  expect(await faultsOf(order({ passengers: [], items: [], currency: '???' }))).toEqual([
    'passenger_count /passengers',
    'no_flight /items',
    'unsupported_currency /currency',
  ]);
});

test('an order needs a flight', async () => {
  expect(await faultsOf(order({ items: [bag(null, null)] }))).toEqual(['no_flight /items']);
});

test('an order with no items at all is refused', async () => {
  expect(await faultsOf(order({ items: [] }))).toEqual(['no_flight /items']);
});

test('ids are present, short and used once', async () => {
  const [one, two] = order().items;
  expect(
    await faultsOf(
      order({
        customer: { ...order().customer },
        passengers: [passenger('P1'), passenger('P1')],
        items: [
          { ...one!, itemId: 'same' },
          { ...two!, itemId: 'same' },
        ],
      }),
    ),
  ).toEqual(['bad_id /passengers/1/passengerId', 'bad_id /items/1/itemId']);
  expect(
    await faultsOf(
      order({
        items: [
          { ...one!, itemId: '' },
          { ...two!, itemId: 'x'.repeat(65) },
        ],
      }),
    ),
  ).toEqual(['bad_id /items/0/itemId', 'bad_id /items/1/itemId']);
});

test('items name passengers of the order, each once, and at least one', async () => {
  expect(await faultsOf(order({ items: [flightItem('IA101', '2026-12-24', ['P1', 'P1', 'P2'])] }))).toEqual([
    'duplicate_passenger /items/0/passengerIds/1',
    'unknown_passenger /items/0/passengerIds/2',
  ]);
  expect(await faultsOf(order({ items: [flightItem('IA101', '2026-12-24'), bag('IA101', '2026-12-24', [])] }))).toEqual(
    ['missing_field /items/1/passengerIds'],
  );
});

test('a passenger without a flight is a mistake', async () => {
  expect(await faultsOf(order({ passengers: [passenger('P1'), passenger('P2')] }))).toEqual([
    'passenger_without_flight /passengers/1/passengerId',
  ]);
});

test('an identity that cannot be opened is a fault of its own', async () => {
  const foreign = { ...passenger('P1'), identity: sealedContact({ givenName: 'Ada' }) };
  for (const identity of ['not sealed', 'v1.k2.AAAA', foreign.identity]) {
    expect(await faultsOf(order({ passengers: [{ ...foreign, identity }] }))).toEqual([
      'identity_unreadable /passengers/0',
    ]);
  }
});

test('a key store that is away is no fault of the order', async () => {
  const away = {
    keyFor: async () => Promise.reject(),
    forget: async () => {},
    keyById: async () => {
      throw new TransientFault('away');
    },
  };
  await expect(validate(event('OrderReceived', order()), context({ keys: away }))).rejects.toThrow(TransientFault);
});

test.each([
  ['', 'Lovelace', ['bad_name /passengers/0/givenName']],
  ['Ada', 'x'.repeat(65), ['bad_name /passengers/0/familyName']],
  ['123', '---', ['bad_name /passengers/0/givenName', 'bad_name /passengers/0/familyName']],
  ['A\u0007da', 'Lovelace', ['bad_name /passengers/0/givenName']],
])('names %j %j', async (givenName, familyName, expected) => {
  expect(await faultsOf(order({ passengers: [passenger('P1', 'ADT', { givenName, familyName })] }))).toEqual(expected);
});

test('names of any script are names', async () => {
  expect(
    (await run(order({ passengers: [passenger('P1', 'ADT', { givenName: '愛', familyName: "O'Łukasz-Đặng" })] }))).type,
  ).toBe('OrderValidated');
});

test.each([
  ['ADT', '2014-12-24', 'OrderValidated'],
  ['ADT', '2014-12-25', 'passenger_type_mismatch /passengers/0/type'],
  ['CHD', '2014-12-24', 'passenger_type_mismatch /passengers/0/type'],
  ['CHD', '2014-12-25', 'OrderValidated'],
  ['CHD', '2024-12-24', 'OrderValidated'],
  ['CHD', '2024-12-25', 'passenger_type_mismatch /passengers/0/type'],
  ['INF', '2024-12-25', 'OrderValidated'],
  ['INF', '2024-12-24', 'passenger_type_mismatch /passengers/0/type'],
  ['INF', '2026-12-25', 'bad_date_of_birth /passengers/0/dateOfBirth'],
  ['ADT', '1906-12-23', 'OrderValidated'],
  ['ADT', '1905-12-24', 'bad_date_of_birth /passengers/0/dateOfBirth'],
  ['ADT', '1985-02-29', 'bad_date_of_birth /passengers/0/dateOfBirth'],
  ['ADT', '10.12.1985', 'bad_date_of_birth /passengers/0/dateOfBirth'],
] as const)('%s born %s, first departure 2026-12-24: %s', async (type, dateOfBirth, expected) => {
  const both = ['P1', 'P2'];
  const draft = await run(
    order({
      passengers: [passenger('P1', type, { dateOfBirth }), passenger('P2')],
      items: [flightItem('IA102', '2026-12-30', both), flightItem('IA101', '2026-12-24', both)],
    }),
  );
  const found =
    draft.type === 'OrderValidated'
      ? [draft.type]
      : draft.order.faults.map(({ code, pointer }) => `${code} ${pointer}`);
  expect(found).toEqual([expected]);
});

test('minors fly with an adult on each flight, and each infant with one of its own', async () => {
  const passengers = [passenger('A'), passenger('C', 'CHD'), passenger('I', 'INF'), passenger('J', 'INF')];
  expect(
    await faultsOf(
      order({
        passengers,
        items: [flightItem('IA101', '2026-12-24', ['A', 'C', 'I', 'J']), flightItem('IA102', '2026-12-30', ['C'])],
      }),
    ),
  ).toEqual(['infants_exceed_adults /items/0', 'unaccompanied_minor /items/1']);
});

test('adult and child may be booked by items of their own', async () => {
  const items = [flightItem('IA101', '2026-12-24', ['A'], 'J'), flightItem('IA101', '2026-12-24', ['C'])];
  expect((await run(order({ passengers: [passenger('A'), passenger('C', 'CHD')], items }))).type).toBe(
    'OrderValidated',
  );
});

test.each([
  [{ email: 'ada@example.com' }, []],
  [{ email: 'ada@example.com', phone: '+1 (202) 555-0199' }, []],
  [{ email: 'ada@example' }, ['bad_email /customer/email']],
  [{ email: 'a b@example.com' }, ['bad_email /customer/email']],
  [{}, ['bad_email /customer/email']],
  [{ email: 'ada@example.com', phone: '12345' }, ['bad_phone /customer/phone']],
  [{ email: 7, phone: 'call me' }, ['bad_email /customer/email', 'bad_phone /customer/phone']],
])('contact %j', async (contact, expected) => {
  const draft = await run(order({ customer: { ...order().customer, contact: sealedContact(contact) } }));
  expect(draft.order.faults.map(({ code, pointer }) => `${code} ${pointer}`)).toEqual(expected);
});

test('a contact sealed for something else is unreadable', async () => {
  const contact = sealedIdentity({ email: 'ada@example.com' });
  expect(await faultsOf(order({ customer: { ...order().customer, contact } }))).toEqual([
    'contact_unreadable /customer',
  ]);
});

test.each([
  ['2026-12-25', 'IA101', 'unknown_flight /items/0/flightNumber'],
  ['2026-02-30', 'IA101', 'bad_date /items/0/departureDate'],
  ['tomorrow', 'IA101', 'bad_date /items/0/departureDate'],
  ['2026-11-01', 'IA110', 'departed /items/0/departureDate'],
  ['2026-11-01', 'IA111', 'departure_too_close /items/0/departureDate'],
])('%s %s: %s', async (date, number, expected) => {
  expect(await faultsOf(order({ items: [flightItem(number, date)] }))).toEqual([expected]);
});

test('a flight is sold until 60 minutes before it leaves', async () => {
  expect((await run(order({ items: [flightItem('IA112', '2026-11-01')] }))).type).toBe('OrderValidated');
});

test('a class the flight does not have', async () => {
  expect(await faultsOf(order({ items: [flightItem('IA101', '2026-12-24', ['P1'], 'F')] }))).toEqual([
    'unknown_class /items/0/bookingClass',
  ]);
});

test('a flight item states flight, date and class', async () => {
  const bare = { ...flightItem('IA101', '2026-12-24'), flightNumber: null, departureDate: null, bookingClass: null };
  expect(await faultsOf(order({ items: [bare] }))).toEqual([
    'missing_field /items/0/flightNumber',
    'missing_field /items/0/departureDate',
    'missing_field /items/0/bookingClass',
  ]);
});

test('nobody is twice on a flight, in whatever class', async () => {
  const items = [flightItem('IA101', '2026-12-24'), flightItem('IA101', '2026-12-24', ['P1'], 'J')];
  expect(await faultsOf(order({ items }))).toEqual(['duplicate_booking /items/1']);
});

test('nobody is in two places at once, and travellers together are told once', async () => {
  const passengers = [passenger('P1'), passenger('P2')];
  const both = ['P1', 'P2'];
  const items = [flightItem('IA101', '2026-12-24', both), flightItem('IA103', '2026-12-24', both)];
  expect(await faultsOf(order({ passengers, items }))).toEqual(['overlapping_flights /items/1']);
});

test('a short flight inside a long one overlaps the flight after it too', async () => {
  const long = flight('IA120', 'LHR', 'SYD', NOW + 100 * HOUR_MS, 20);
  const inside = flight('IA121', 'LHR', 'CDG', NOW + 101 * HOUR_MS, 1);
  const after = flight('IA122', 'CDG', 'LHR', NOW + 110 * HOUR_MS, 1);
  const items = [long, inside, after].map((one) => flightItem(one.flightNumber, one.departureDate));
  expect(await faultsOf(order({ items }), context({ catalogue: catalogueOf([long, inside, after]) }))).toEqual([
    'overlapping_flights /items/1',
    'overlapping_flights /items/2',
  ]);
});

test.each([
  ['another flight', bag('IA102', '2026-12-30'), 'ancillary_without_flight /items/1'],
  ['another date', bag('IA101', '2026-12-25'), 'ancillary_without_flight /items/1'],
  ['no code', { ...bag('IA101', '2026-12-24'), code: null }, 'missing_field /items/1/code'],
])('an ancillary for %s', async (_, item, expected) => {
  expect(await faultsOf(order({ items: [flightItem('IA101', '2026-12-24'), item] }))).toEqual([expected]);
});

test('an ancillary is for passengers who are on its flight', async () => {
  const items = [
    flightItem('IA101', '2026-12-24', ['P1']),
    flightItem('IA102', '2026-12-30', ['P2']),
    bag('IA101', '2026-12-24', ['P1', 'P2']),
  ];
  expect(await faultsOf(order({ passengers: [passenger('P1'), passenger('P2')], items }))).toEqual([
    'ancillary_passenger_not_on_flight /items/2/passengerIds/1',
  ]);
});

test('the same ancillary twice for one passenger and flight', async () => {
  const items = [flightItem('IA101', '2026-12-24'), bag('IA101', '2026-12-24'), bag('IA101', '2026-12-24')];
  expect(await faultsOf(order({ items }))).toEqual(['duplicate_item /items/2']);
});

test('what has no price in the currency is named item by item', async () => {
  const items = [flightItem('IA101', '2026-12-24'), bag('IA101', '2026-12-24')];
  expect(await faultsOf(order({ currency: 'JPY', items }))).toEqual([
    'not_sold_in_currency /items/0',
    'not_sold_in_currency /items/1',
  ]);
});

test('a price that changed is told with both amounts', async () => {
  const draft = await run(order({ expectedTotal: { amount: 20_000, currency: 'USD' } }));
  expect(draft.order.faults).toEqual([
    { code: 'price_changed', pointer: '/expectedTotal', detail: 'expected 20000 USD, now 23400 USD (minor units)' },
  ]);
});

test('an expected total in another currency is not compared', async () => {
  expect(await faultsOf(order({ expectedTotal: { amount: 23_400, currency: 'EUR' } }))).toEqual([
    'expected_currency_mismatch /expectedTotal/currency',
  ]);
});

test('a card number is refused wherever it stands', async () => {
  const base = order();
  const [first] = base.items;
  expect(
    await faultsOf(
      order({
        payment: { ...base.payment, token: 'tok_4242424242424242' },
        customer: { ...base.customer, locale: '5555 5555 5555 4444' },
        items: [{ ...first!, itemId: '4000-0566-5566-5556' }],
      }),
    ),
  ).toEqual([
    'pan_not_accepted /payment/token',
    'pan_not_accepted /customer/locale',
    'pan_not_accepted /items/0/itemId',
  ]);
});

test('faults hold nothing of the personal data', async () => {
  const draft = await run(
    order({
      customer: { ...order().customer, contact: sealedContact({ email: 'secret-address', phone: 'secret-phone' }) },
      passengers: [passenger('P1', 'CHD', { givenName: '', familyName: '', dateOfBirth: '1971-03-04' })],
    }),
  );
  expect(JSON.stringify(draft.order.faults)).not.toMatch(/secret|1971/);
  expect(draft.order.faults).toHaveLength(6);
});

test('a currency switched off in the settings is not sold in', async () => {
  const within = context({}, { settings: { ...settings, currencies: ['GBP'] } });
  expect(await faultsOf(order(), within)).toEqual(['unsupported_currency /currency']);
});
