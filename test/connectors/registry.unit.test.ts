import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { openPorts, PORT_NAMES, type PortOptions } from '../../connectors/registry.ts';

const redis = new Redis({ lazyConnect: true });
afterEach(() => redis.disconnect());

const options: PortOptions = {
  sandboxUrl: 'http://127.0.0.1:1',
  databaseUrl: 'postgresql://127.0.0.1:1/none',
  redis,
  epoch: async () => null,
  settings: { paymentTimeoutMs: 1_000, currencies: ['USD'] },
};

describe('registry', () => {
  it('names an implementation for every port', () => {
    expect(PORT_NAMES.toSorted()).toEqual([
      'catalogue',
      'inventory',
      'keys',
      'notification',
      'payment',
      'reservation',
      'velocity',
    ]);
  });

  it('opens what is needed, and the catalogue always', async () => {
    const ports = await openPorts(options, ['payment', 'inventory']);
    expect(ports.payment.authorize).toBeTypeOf('function');
    expect(ports.inventory.hold).toBeTypeOf('function');
    expect(ports.catalogue.ancillaries().length).toBeGreaterThan(0);
    await ports.close();
  });

  it('a port that nobody declared can be handed around, and throws its name as soon as it is used', async () => {
    const ports = await openPorts(options, ['payment']);
    const context = { ...ports, now: 0 };
    expect(await Promise.resolve(context.reservation)).toBe(ports.reservation);
    expect(() => context.reservation.cancel('o-1')).toThrow("port 'reservation' is not open here");
    expect(() => context.keys.keyFor('C-1')).toThrow('keys.keyFor');
    await ports.close();
  });

  it('checks the other sides of what it opened', async () => {
    const ports = await openPorts(options, ['payment']);
    await expect(ports.check()).rejects.toMatchObject({ name: 'TransientFault' });
    await ports.close();
  });

  it('says what is missing for a port to open', async () => {
    await expect(openPorts(options, ['keys', 'payment'])).rejects.toThrow('IAROS_MASTER_KEY');
  });
});
