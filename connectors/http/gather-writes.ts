import type { Socket } from 'node:net';

/**
 * Makes a socket send what one turn of the event loop writes in one piece. Where many small messages share a connection, the system calls
 * cost more than the messages do.
 */
export function gatherWrites(socket: Socket): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  const uncork = socket.uncork.bind(socket);
  const end = socket.end.bind(socket) as (...args: unknown[]) => Socket;
  let gathering = false;
  const send = (): void => {
    gathering = false;
    while (socket.writableCorked > 0) uncork();
  };
  socket.write = (...args: unknown[]): boolean => {
    if (!gathering) {
      gathering = true;
      socket.cork();
      setImmediate(send);
    }
    return write(...args);
  };
  socket.end = (...args: unknown[]): Socket => {
    send();
    return end(...args);
  };
  // HTTP takes every cork off at the end of a message.
  socket.uncork = () => {
    if (!gathering) uncork();
  };
}
