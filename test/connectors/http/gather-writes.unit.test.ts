import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { gatherWrites } from '../../../connectors/http/gather-writes.ts';

const open: { destroy(): void }[] = [];
afterEach(() => open.splice(0).forEach((each) => each.destroy()));

/** A connected socket that gathers, what its other end receives, and the calls that reach the system. */
async function connected() {
  const server = createServer().listen(0, '127.0.0.1');
  open.push({ destroy: () => server.close() });
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  gatherWrites(socket);
  const sent: string[] = [];
  const { _write: write, _writev: writev } = socket;
  socket._write = (chunk, ...rest) => (sent.push(String(chunk)), write.call(socket, chunk, ...rest));
  socket._writev = (chunks, done) => (sent.push(chunks.map(({ chunk }) => String(chunk)).join('')), writev?.call(socket, chunks, done));
  const [other] = await accepted;
  open.push(socket, other);
  let received = '';
  other.setEncoding('utf8').on('data', (text: string) => (received += text));
  return { socket, other, sent, received: () => received };
}

it('sends in one piece what one turn writes, corks of the writers notwithstanding', async () => {
  const { socket, sent, received } = await connected();
  for (const text of ['a', 'b', 'c']) {
    socket.cork();
    socket.write(text);
    socket.write('1');
    socket.uncork();
  }
  await expect.poll(received).toBe('a1b1c1');
  socket.write('d');
  await expect.poll(received).toBe('a1b1c1d');
  expect(sent).toEqual(['a1b1c1', 'd']);
});

it('loses nothing of what is written before the end', async () => {
  const { socket, other, received } = await connected();
  socket.write('last ');
  socket.end('words');
  await once(other, 'end');
  expect(received()).toBe('last words');
});
