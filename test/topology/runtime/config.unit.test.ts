import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CONFIG_FIELDS, ConfigFault, loadConfig, requireSecrets } from '../../../topology/runtime/config.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iaros-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(content: string): string {
  const path = join(folder, 'iaros.yaml');
  writeFileSync(path, content);
  return path;
}

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigFault) return error.faults;
    throw error;
  }
  return [];
}

describe('defaults', () => {
  it('are the documented ones', () => {
    const { settings, port, partitions, dataDir, given, masterKey } = loadConfig({});
    expect({ port, partitions, dataDir, masterKey, given }).toEqual({
      port: 8080,
      partitions: 6,
      dataDir: '.local/data',
      masterKey: undefined,
      given: new Set(),
    });
    expect(settings).toMatchObject({
      maxConcurrentOrders: 10_000,
      orderTimeoutMs: 30_000,
      stepRetries: 3,
      sinkBatch: 1_000,
      paymentTimeoutMs: 15_000,
      fraudThreshold: 0.8,
      currencies: ['USD', 'EUR', 'GBP', 'JPY'],
      refundWindowDays: 90,
      holdMs: 900_000,
      inventorySyncMs: 10_000,
      allocation: 'first_come_first_served',
      overbookingFactor: 1.05,
      notificationChannels: ['email', 'sms', 'push'],
      notificationRetries: 3,
      blockedTokens: ['tok_fraud'],
      fraudReviewThreshold: 0.6,
      ticketCheckDigitScheme: 'document10',
      airlineAccountingCode: expect.stringMatching(/^\d{3}$/),
    });
  });

  it('are described, each with a variable of its own', () => {
    expect(new Set(CONFIG_FIELDS.map(({ env }) => env)).size).toBe(CONFIG_FIELDS.length);
    expect(CONFIG_FIELDS.filter(({ doc }) => !doc.endsWith('.'))).toEqual([]);
    expect(CONFIG_FIELDS).toContainEqual({
      name: 'settings.holdMs',
      env: 'IAROS_HOLD_MS',
      default: '900000',
      doc: 'How long seats are held for an order, ms.',
    });
  });

  it('survive being written into the environment as they are described', () => {
    const described = Object.fromEntries(CONFIG_FIELDS.map((field) => [field.env, field.default]));
    expect({ ...loadConfig(described), given: null }).toEqual({ ...loadConfig({}), given: null });
  });
});

describe('sources', () => {
  it('environment overrides file overrides default', () => {
    const path = file('port: 1\npartitions: 12\nkafkaBrokers: [a:1, b:2]\nsettings:\n  holdMs: 5000\n  sinkBatch: 7\n');
    const config = loadConfig({
      IAROS_CONFIG: path,
      IAROS_PORT: '2',
      IAROS_SINK_BATCH: '8',
      IAROS_CURRENCIES: 'USD, KWD',
    });
    expect(config).toMatchObject({
      port: 2,
      partitions: 12,
      kafkaBrokers: ['a:1', 'b:2'],
      settings: { holdMs: 5_000, sinkBatch: 8, currencies: ['USD', 'KWD'], stepRetries: 3 },
    });
    expect(config.given).toEqual(
      new Set(['port', 'partitions', 'kafkaBrokers', 'settings.holdMs', 'settings.sinkBatch', 'settings.currencies']),
    );
  });

  it('takes a variable set to nothing for unset', () => {
    const config = loadConfig({ IAROS_PORT: '', REDIS_URL: '' });
    expect([config.port, config.given.size]).toEqual([8080, 0]);
  });

  it('takes an empty file, and an empty list in a file', () => {
    expect(loadConfig({ IAROS_CONFIG: file('') }).port).toBe(8080);
    expect(loadConfig({ IAROS_CONFIG: file('settings:\n  blockedTokens: []\n') }).settings.blockedTokens).toEqual([]);
  });
});

describe('faults', () => {
  it('are reported all together, each by where it stands', () => {
    const path = file('partitions: many\nprot: 80\nsettings:\n  currencies: [usd]\n  holdTime: 5\n');
    const faults = faultsOf({
      IAROS_CONFIG: path,
      IAROS_PORT: '80x',
      KAFKA_BROKERS: 'kafka',
      REDIS_URL: 'localhost:6379',
      IAROS_OVERBOOKING_FACTOR: '0.9',
      IAROS_MASTER_KEY: 'c2hvcnQ=',
    });
    expect([...faults].sort()).toEqual(
      [
        `${path}: partitions must be a whole number from 1 to 1000`,
        `${path}: settings.currencies must be ISO 4217 codes`,
        `${path}: there is no field prot`,
        `${path}: there is no field settings.holdTime`,
        'IAROS_MASTER_KEY must be 32 bytes in base64',
        'IAROS_OVERBOOKING_FACTOR must be at least 1',
        'IAROS_PORT must be a whole number from 0 to 65535',
        'KAFKA_BROKERS must be host:port',
        'REDIS_URL must be an address like redis://127.0.0.1:6379',
      ].sort(),
    );
  });

  it('never show a value', () => {
    const error = new ConfigFault(
      faultsOf({
        IAROS_MASTER_KEY: 'hidden-master',
        IAROS_PEPPER: 'hidden-pepper',
        DATABASE_URL: 'mysql://user:hidden-password@host',
      }),
    );
    expect(error.faults).toHaveLength(3);
    expect(error.message).not.toContain('hidden');
  });

  it.each([['1.5'], ['-1'], [' '], ['1e99'], ['0x'], ['NaN'], ['Infinity']])(
    'refuses %j for a number of retries',
    (text) => {
      expect(faultsOf({ IAROS_STEP_RETRIES: text })).toHaveLength(1);
    },
  );

  it('include settings that contradict each other', () => {
    expect(faultsOf({ IAROS_FRAUD_THRESHOLD: '0.5' })).toEqual([
      'IAROS_FRAUD_REVIEW_THRESHOLD must be at most IAROS_FRAUD_THRESHOLD',
    ]);
  });

  it('include a file that is missing, broken or not a mapping', () => {
    expect(faultsOf({ IAROS_CONFIG: join(folder, 'none.yaml') })).toEqual([expect.stringContaining('cannot be read')]);
    expect(faultsOf({ IAROS_CONFIG: file('a: [1') })).toEqual([expect.stringContaining('cannot be read')]);
    expect(faultsOf({ IAROS_CONFIG: file('- 1') })).toEqual([expect.stringContaining('must be a mapping')]);
  });
});

describe('secrets', () => {
  it('are handed over where they are set', () => {
    const key = randomBytes(32);
    const config = loadConfig({ IAROS_MASTER_KEY: key.toString('base64'), IAROS_PEPPER: 'a pepper of some length' });
    expect(requireSecrets(config)).toEqual({ masterKey: key, pepper: 'a pepper of some length' });
  });

  it('are asked for by name', () => {
    expect(() => requireSecrets(loadConfig({}))).toThrow(
      'set IAROS_MASTER_KEY and IAROS_PEPPER: this process handles personal data',
    );
    const pepperOnly = loadConfig({ IAROS_PEPPER: 'a pepper of some length' });
    expect(() => requireSecrets(pepperOnly)).toThrow('set IAROS_MASTER_KEY: ');
  });
});
