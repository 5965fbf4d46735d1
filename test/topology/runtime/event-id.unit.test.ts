import { expect, test } from 'vitest';
import { eventIdOf, isGenuine, uuidV5 } from '../../../topology/runtime/event-id.ts';
import type { AnyOrderEvent } from '../../../schemas/types.ts';

// From Python's uuid.uuid5 and the same namespace.
test.each([
  ['order|t|r|k', 'e5c8c607-f1a7-54b1-b9e9-6849452f0d54'],
  ['Zürich', '336310c7-9169-5d5d-8abd-2474c51a77fc'],
  ['', '29271b6d-79ae-51bb-bb3a-8183d7e9323e'],
])('the name %j has the UUID that others make of it', (name, id) => {
  expect(uuidV5(name)).toBe(id);
});

const origin = { orderId: 'o-1', causationId: 'c-1', type: 'OrderReceived', version: 1 } as const;

test('an event’s id follows from order, cause, type and version', () => {
  expect(eventIdOf(origin)).toBe('0231bd8b-db9f-5347-a395-281aa4517908');
});

test('a slash in an id moves nothing from one to the other', () => {
  expect(eventIdOf({ ...origin, orderId: 'a/b', causationId: 'c' })).not.toBe(eventIdOf({ ...origin, orderId: 'a', causationId: 'b/c' }));
});

test.each([{}, { orderId: 'o-2' }, { causationId: 'c-2' }, { type: 'OrderInvalid' }, { version: 2 }])('an event is genuine as long as none of these is another: %j', (change) => {
  const event = { ...origin, eventId: eventIdOf(origin), ...change } as AnyOrderEvent;
  expect(isGenuine(event)).toBe(Object.keys(change).length === 0);
});
