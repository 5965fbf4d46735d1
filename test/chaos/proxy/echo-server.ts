import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A server on loopback that sends back what it gets; `received` is all it got. */
export interface EchoServer {
  target: { host: string; port: number };
  received(): string;
  close(): Promise<void>;
}

/** `answer` makes the reply to a chunk, the chunk itself by default; `wanted` is the port, a free one by default. */
export async function echoServer(answer: (chunk: Buffer) => Buffer = (chunk) => chunk, wanted = 0): Promise<EchoServer> {
  const sockets = new Set<Socket>();
  let received = '';
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString();
      socket.write(answer(chunk));
    });
  });
  server.listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    target: { host: '127.0.0.1', port },
    received: () => received,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A client connection and all it has heard. */
export interface Caller {
  socket: Socket;
  heard(): Buffer;
  send(bytes: Buffer | string): void;
  /** Resolves with the code of the error that ended the connection, '' where it ended without one. */
  ended: Promise<string>;
}

export async function call(port: number): Promise<Caller> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  const chunks: Buffer[] = [];
  let code = '';
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', (error: NodeJS.ErrnoException) => (code = error.code ?? 'unknown'));
  const ended = new Promise<string>((resolve) => socket.once('close', () => resolve(code)));
  await Promise.race([once(socket, 'connect'), ended.then((reason) => Promise.reject(new Error(reason)))]);
  return { socket, heard: () => Buffer.concat(chunks), send: (bytes) => void socket.write(bytes), ended };
}
