import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Outgoing } from '../../../ingress/lookups/outgoing.ts';

let server: Server;
let near: Socket;
let far: Socket;

beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  near = connect((server.address() as { port: number }).port, '127.0.0.1');
  [far] = (await once(server, 'connection')) as [Socket];
});
afterEach(() => {
  near.destroy();
  far.destroy();
  server.close();
});

async function receive(length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let received = 0;
  for await (const chunk of near as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    received += chunk.length;
    if (received >= length) break;
  }
  return Buffer.concat(chunks);
}

it('writes pieces of any kind and length in their order', async () => {
  const outgoing = new Outgoing(far);
  const pieces = [1, 200, 64 * 1024, 70_000, 3, 40_000, 40_000, 0, 64 * 1024 - 1, 2].map((length) => randomBytes(length));
  for (const [at, piece] of pieces.entries()) outgoing.add(at % 2 ? piece : piece.toString('latin1'));
  outgoing.flush();
  const expected = Buffer.concat(pieces);
  expect((await receive(expected.length)).equals(expected)).toBe(true);
});

it('lets no later bytes into a write that the socket still holds', async () => {
  const outgoing = new Outgoing(far);
  const expected: Buffer[] = [];
  // More than the kernel takes for a reader that does not read.
  for (let at = 0; at < 400; at += 1) {
    const piece = Buffer.alloc(50_000, at % 251);
    expected.push(piece);
    outgoing.add(piece);
    outgoing.flush();
  }
  expect(far.writableLength).toBeGreaterThan(0);
  const whole = Buffer.concat(expected);
  expect((await receive(whole.length)).equals(whole)).toBe(true);
});

it('writes nothing where nothing was added', () => {
  const before = far.bytesWritten;
  new Outgoing(far).flush();
  expect(far.bytesWritten).toBe(before);
});
