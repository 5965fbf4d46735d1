import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Runs `act` on the connection once the answers before this one are written: with several requests on one connection they come first. */
export function whenItsTurn(response: ServerResponse, act: (socket: Socket) => void): void {
  if (response.socket) act(response.socket);
  else response.once('socket', act);
}
