import { expect, test } from 'vitest';
import { readContact, readIdentities } from '../../../processors/orders/personal-data.ts';
import { keys, order, passenger, sealedContact } from '../given.ts';

test('opens the contact, without the spaces around it', async () => {
  const customer = { ...order().customer, contact: sealedContact({ email: ' ada@example.com ', phone: null }) };
  expect(await readContact(order({ customer }), keys)).toEqual({ email: 'ada@example.com', phone: '' });
});

test('opens identities in the order of the passengers, and says which it cannot', async () => {
  const passengers = [
    passenger('P1', 'ADT', { givenName: 'Ada' }),
    { ...passenger('P2'), identity: 'v1.gone.AAAA' },
    passenger('P3', 'ADT', { givenName: 'Grace' }),
  ];
  const identities = await readIdentities(order({ passengers }), keys);
  expect(identities.map((one) => one?.givenName)).toEqual(['Ada', undefined, 'Grace']);
  expect(identities[1]).toBeNull();
});

test("one customer's data do not open in another's order", async () => {
  const customer = { ...order().customer, customerId: 'C-2' };
  expect(await readContact(order({ customer }), keys)).toBeNull();
});

test('a forgotten key closes them for good', async () => {
  expect(await readContact(order(), { ...keys, keyById: async () => undefined })).toBeNull();
});

test('a fault of the key store is not taken for an answer', async () => {
  const broken = { ...keys, keyById: async () => Promise.reject(new Error('connection lost')) };
  await expect(readIdentities(order(), broken)).rejects.toThrow('connection lost');
});
