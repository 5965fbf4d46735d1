import { describe, expect, it } from 'vitest';
import { sandboxConfig } from '../../../connectors/sandbox/config.ts';

describe('sandbox config', () => {
  it('listens on loopback at the port of its address', () => {
    expect(sandboxConfig({ IAROS_SANDBOX_URL: 'http://localhost:9123/', IAROS_DATA_DIR: '/data' })).toEqual({
      host: '127.0.0.1',
      port: 9123,
      url: 'http://localhost:9123',
      databaseFile: '/data/sandbox/sandbox.sqlite',
      logLevel: 'info',
      seed: 1,
    });
  });

  it('names every fault at once', () => {
    const read = () =>
      sandboxConfig({ IAROS_SANDBOX_URL: 'ftp://x', IAROS_LOG_LEVEL: 'loud', IAROS_SANDBOX_SEED: '-1' });
    expect(read).toThrow(/IAROS_SANDBOX_URL/);
    expect(read).toThrow(/IAROS_LOG_LEVEL/);
    expect(read).toThrow(/IAROS_SANDBOX_SEED/);
  });
});
