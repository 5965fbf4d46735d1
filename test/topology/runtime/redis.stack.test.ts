import { expect, inject, test } from 'vitest';
import { openRedis } from '../../../topology/runtime/redis.ts';
import { PASS } from '../../chaos/proxy/behaviour.ts';
import { TcpProxy } from '../../chaos/proxy/tcp-proxy.ts';

test('a connection that died silently is given up and made anew', async () => {
  const url = new URL(inject('stack').redisUrl);
  const proxy = await TcpProxy.open({ target: { host: url.hostname, port: Number(url.port) } });
  url.port = String(proxy.port);
  const redis = openRedis(url.href);
  redis.on('error', () => undefined);
  try {
    expect(await redis.ping()).toBe('PONG');
    await proxy.behave({ kind: 'half_open' });
    await proxy.behave(PASS);
    expect(await redis.ping()).toBe('PONG');
  } finally {
    redis.disconnect();
    await proxy.close();
  }
});
