import { expect, test } from 'vitest';
import { underItsOwnId, withValues } from '../../../../topology/operator/dead-letters/amend.ts';

const record = { commandId: 'c-1', orderId: 'O-1', place: { currency: '???', items: [{ flightNumber: 'IA1', amount: null }] }, cancel: null };

test('values are set by path, as JSON or as text; the record itself stays', () => {
  const changed = withValues(record, ['place.currency=EUR', 'place.items.0.amount=12', 'place.items.0.flightNumber="IA101"', 'cancel={"reason":"a=b"}']);
  expect(changed).toMatchObject({ place: { currency: 'EUR', items: [{ flightNumber: 'IA101', amount: 12 }] }, cancel: { reason: 'a=b' } });
  expect(record.place.currency).toBe('???');
});

test.each(['place.curency=EUR', 'place.items.1.amount=1', 'nowhere.at.all=1', 'orderId.x=1', '__proto__.x=1', 'constructor.prototype=1'])('%s names a place that is not there', (setting) => {
  expect(() => withValues(record, [setting])).toThrow(/^the record has no /);
});

test.each(['currency', '=EUR'])('%s is no setting', (setting) => {
  expect(() => withValues(record, [setting])).toThrow('is no setting');
});

test('an edited record has an id of its own: the same for the same edit of the same letter', () => {
  const edit = (letter: string, orderId = 'O-2') => underItsOwnId(letter, 'OrderCommand', record, { ...record, orderId });
  expect(edit('receive/0/1')).toMatchObject({ orderId: 'O-2', commandId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  expect(edit('receive/0/1')).toEqual(edit('receive/0/1'));
  expect(edit('receive/0/1').commandId).not.toBe(edit('receive/0/2').commandId);
  expect(edit('receive/0/1').commandId).not.toBe(edit('receive/0/1', 'O-3').commandId);
});

test.each(['orderId', 'version', 'type', 'status', 'causationId'])('%s of an event stays', (field) => {
  const event = { type: 'OrderReceived', eventId: 'e-1', orderId: 'O-1', version: 1, status: 'Received', causationId: 'c-1', order: {} };
  expect(() => underItsOwnId('validate/0/1', 'OrderReceived', event, { ...event, [field]: 'other' })).toThrow(`${field} of an event cannot be edited`);
  expect(underItsOwnId('validate/0/1', 'OrderReceived', event, { ...event, order: { currency: 'EUR' } })).toMatchObject({ version: 1, order: { currency: 'EUR' } });
});
