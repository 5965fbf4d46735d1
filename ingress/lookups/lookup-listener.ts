import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { type ConnectionOptions, LookupConnection } from './connection.ts';

export interface LookupListener {
  /** For a shutdown: connections that rest end, the others go on at the HTTP server; so do new ones. */
  close(): void;
}

/** Idle time beyond what the server names, so that a request on its way does not meet a closing connection; ms. */
const GRACE_MS = 1_000;

/**
 * Every connection to the server is one of look-ups until it turns out to be another. The server stays the one that listens, and takes
 * over whatever is more than that.
 */
export function listenForLookups(server: Server, lookup: Pick<ConnectionOptions, 'serve' | 'prepare' | 'onServed'>): LookupListener {
  const [serveHttp] = server.listeners('connection');
  if (!serveHttp) throw new Error('the server takes no connections');
  const connections = new Map<Socket, LookupConnection>();
  let closed = false;
  server.removeAllListeners('connection');
  server.on('connection', (socket) => {
    const handOver = (): void => {
      connections.delete(socket);
      serveHttp.call(server, socket);
    };
    if (closed) return handOver();
    const { serve, prepare, onServed } = lookup;
    const idleMs = server.keepAliveTimeout + GRACE_MS;
    connections.set(socket, new LookupConnection({ socket, serve, prepare, onServed, handOver, idleMs }));
    socket.once('close', () => connections.delete(socket));
  });
  return {
    close() {
      closed = true;
      for (const connection of [...connections.values()]) connection.close();
    },
  };
}
