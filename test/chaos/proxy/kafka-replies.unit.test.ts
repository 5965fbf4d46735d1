import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PASS } from './behaviour.ts';
import { call, type EchoServer, echoServer } from './echo-server.ts';
import { KafkaFrames } from './kafka-frames.ts';
import { TcpProxy } from './tcp-proxy.ts';

const PRODUCE = 0;
const FETCH = 1;
const END_TXN = 26;
const QUIET_MS = 100;

/** A request as Kafka frames it: length, api, version, correlation id, anything. */
function request(api: number, correlation: number): Buffer {
  const frame = Buffer.alloc(20);
  frame.writeInt32BE(16, 0);
  frame.writeInt16BE(api, 4);
  frame.writeInt16BE(7, 6);
  frame.writeInt32BE(correlation, 8);
  return frame;
}

const reply = (correlation: number): Buffer => {
  const frame = Buffer.alloc(10);
  frame.writeInt32BE(6, 0);
  frame.writeInt32BE(correlation, 4);
  return frame;
};

/** Answers every whole request by its correlation id. */
function broker(): Promise<EchoServer> {
  const frames = new KafkaFrames();
  return echoServer((chunk) => Buffer.concat(frames.push(chunk).map((frame) => reply(frame.readInt32BE(8)))));
}

let server: EchoServer;
let proxy: TcpProxy;

beforeEach(async () => {
  server = await broker();
  proxy = await TcpProxy.open({ target: server.target, kafka: true });
});
afterEach(async () => {
  await proxy.close();
  await server.close();
});

const heardOnly = (caller: { heard(): Buffer }, ...correlations: number[]) =>
  vi.waitFor(() => expect(caller.heard()).toEqual(Buffer.concat(correlations.map(reply))), { timeout: 5_000, interval: 5 });

test('frames come out whole, however the chunks were cut', () => {
  const bytes = Buffer.concat([request(PRODUCE, 1), request(FETCH, 2), request(END_TXN, 3)]);
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const frames = new KafkaFrames();
    expect([...frames.push(bytes.subarray(0, cut)), ...frames.push(bytes.subarray(cut))]).toEqual([request(PRODUCE, 1), request(FETCH, 2), request(END_TXN, 3)]);
  }
});

test('only the reply to the named request is lost, so often as asked; the request itself arrives', async () => {
  await proxy.behave({ kind: 'drop_reply', api: 'Produce', count: 1, cut: false });
  const caller = await call(proxy.port);
  for (const frame of [request(FETCH, 1), request(PRODUCE, 2), request(END_TXN, 3), request(PRODUCE, 4)]) caller.send(frame);
  await heardOnly(caller, 1, 3, 4);
  await sleep(QUIET_MS);
  await heardOnly(caller, 1, 3, 4);
  expect(proxy.dropped).toBe(1);
  expect(server.received().length).toBeGreaterThan(3 * 20);
});

test('the same correlation id on two connections is two requests', async () => {
  const [one, other] = [await call(proxy.port), await call(proxy.port)];
  await proxy.behave({ kind: 'drop_reply', api: 'EndTxn', count: 2, cut: false });
  one.send(request(END_TXN, 7));
  other.send(request(FETCH, 7));
  await heardOnly(other, 7);
  await vi.waitFor(() => expect(proxy.dropped).toBe(1));
  expect(one.heard().length).toBe(0);
});

test('cut: the connection is reset in place of the reply', async () => {
  await proxy.behave({ kind: 'drop_reply', api: 'EndTxn', count: 1, cut: true });
  const caller = await call(proxy.port);
  caller.send(request(END_TXN, 1));
  expect(await caller.ended).toBe('ECONNRESET');
  expect(caller.heard().length).toBe(0);
  expect(server.received().length).toBeGreaterThan(0);
});

test('a request sent before the order is lost as well: what counts is when its reply comes', async () => {
  const caller = await call(proxy.port);
  await proxy.behave({ kind: 'frozen' });
  caller.send(request(PRODUCE, 1));
  await sleep(QUIET_MS);
  await proxy.behave({ kind: 'drop_reply', api: 'Produce', count: 1, cut: false });
  await vi.waitFor(() => expect(proxy.dropped).toBe(1));
  await proxy.behave(PASS);
  caller.send(request(PRODUCE, 2));
  await heardOnly(caller, 2);
});
