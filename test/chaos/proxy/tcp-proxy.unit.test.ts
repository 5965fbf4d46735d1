import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PASS } from './behaviour.ts';
import { call, type Caller, type EchoServer, echoServer } from './echo-server.ts';
import { TcpProxy } from './tcp-proxy.ts';

/** Long enough for bytes on loopback to have arrived, if they were to arrive at all. */
const QUIET_MS = 100;

let server: EchoServer;
let proxy: TcpProxy;

beforeEach(async () => {
  server = await echoServer();
  proxy = await TcpProxy.open({ target: server.target });
});
afterEach(async () => {
  await proxy.close();
  await server.close();
});

const heard = (caller: Caller, text: string) => vi.waitFor(() => expect(caller.heard().toString()).toBe(text), { timeout: 5_000, interval: 5 });

async function saysNothing(caller: Caller): Promise<void> {
  const before = caller.heard().length;
  caller.send('anybody?');
  await sleep(QUIET_MS);
  expect(caller.heard().length).toBe(before);
}

test('what is sent passes, both ways and in order', async () => {
  const caller = await call(proxy.port);
  for (const part of ['one ', 'two ', 'three']) caller.send(part);
  await heard(caller, 'one two three');
});

test('half a megabyte passes whole', async () => {
  const caller = await call(proxy.port);
  const bytes = Buffer.alloc(512 * 1024, 'ab');
  caller.send(bytes);
  await vi.waitFor(() => expect(caller.heard().equals(bytes)).toBe(true), { timeout: 5_000 });
});

test('a client that ends is seen to end by the server, and the other way round', async () => {
  const caller = await call(proxy.port);
  caller.socket.end();
  expect(await caller.ended).toBe('');
  await vi.waitFor(() => expect(proxy.connections).toBe(0));
});

test('latency: nothing is there before the time, all of it in order afterwards', async () => {
  await proxy.behave({ kind: 'latency', ms: 150, jitterMs: 50 });
  const caller = await call(proxy.port);
  const sentAt = performance.now();
  for (const digit of '0123456789') caller.send(digit);
  await heard(caller, '0123456789');
  expect(performance.now() - sentAt).toBeGreaterThanOrEqual(2 * 100 - 5);
});

test('bandwidth: bytes take their time', async () => {
  await proxy.behave({ kind: 'bandwidth', bytesPerSecond: 64 * 1024 });
  const caller = await call(proxy.port);
  const sentAt = performance.now();
  caller.send(Buffer.alloc(16 * 1024));
  await vi.waitFor(() => expect(caller.heard().length).toBe(16 * 1024), { timeout: 5_000, interval: 5 });
  // A quarter of a second there, and what came first is on its way back meanwhile.
  expect(performance.now() - sentAt).toBeGreaterThanOrEqual(245);
});

test('reset: after so many bytes the client sees the connection reset, one made before included', async () => {
  const before = await call(proxy.port);
  await proxy.behave({ kind: 'reset', afterBytes: 15 });
  const after = await call(proxy.port);
  for (const caller of [before, after]) {
    caller.send('0123456789');
    expect(await caller.ended).toBe('ECONNRESET');
    expect(caller.heard().toString()).toBe('');
  }
  expect(server.received()).toBe('0123456789'.repeat(2));
});

describe('frozen', () => {
  test('a new connection is accepted and hears nothing; it hears all once the freeze ends', async () => {
    await proxy.behave({ kind: 'frozen' });
    const caller = await call(proxy.port);
    await saysNothing(caller);
    expect(server.received()).toBe('');
    await proxy.behave(PASS);
    await heard(caller, 'anybody?');
  });

  test('so does one made before', async () => {
    const caller = await call(proxy.port);
    caller.send('hello ');
    await heard(caller, 'hello ');
    await proxy.behave({ kind: 'frozen' });
    await saysNothing(caller);
    await proxy.behave(PASS);
    await heard(caller, 'hello anybody?');
  });
});

test('half-open: connections of the time stay open and dead afterwards, new ones work', async () => {
  const before = await call(proxy.port);
  await proxy.behave({ kind: 'half_open' });
  const during = await call(proxy.port);
  await saysNothing(before);
  await saysNothing(during);
  await proxy.behave(PASS);
  await saysNothing(before);
  await saysNothing(during);
  expect([before.socket.readyState, during.socket.readyState]).toEqual(['open', 'open']);
  const after = await call(proxy.port);
  after.send('hello');
  await heard(after, 'hello');
});

test('refuse: nobody listens, open connections are reset; afterwards the same port answers again', async () => {
  const before = await call(proxy.port);
  const { port } = proxy;
  await proxy.behave({ kind: 'refuse' });
  expect(await before.ended).toBe('ECONNRESET');
  await expect(call(port)).rejects.toThrow('ECONNREFUSED');
  await proxy.behave(PASS);
  expect(proxy.port).toBe(port);
  const after = await call(port);
  after.send('back');
  await heard(after, 'back');
});

test('a server that is away: the proxy refuses connections as the server does, until it is back', async () => {
  const { port } = server.target;
  await server.close();
  expect(await (await call(proxy.port)).ended).toBe('ECONNRESET');
  await vi.waitFor(() => expect(call(proxy.port)).rejects.toThrow('ECONNREFUSED'));
  server = await echoServer(undefined, port);
  const caller = await vi.waitFor(() => call(proxy.port), { timeout: 5_000 });
  caller.send('back');
  await heard(caller, 'back');
});
