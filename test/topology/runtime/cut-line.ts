import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A line to a server that can be cut: connections break, new ones are refused, until it is mended. */
export class CutLine {
  /** Address of the server by way of this line. */
  readonly url: string;
  /** Connections refused since the cut. */
  refused = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async to(url: string): Promise<CutLine> {
    const target = new URL(url);
    const server = createServer((socket) => line.#connect(socket, target)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const line = new CutLine(server, Object.assign(new URL(url), { host: `127.0.0.1:${port}` }).href);
    return line;
  }

  async cut(): Promise<void> {
    this.#isCut = true;
    this.refused = 0;
    for (const socket of this.#sockets) socket.destroy();
  }

  async mend(): Promise<void> {
    this.#isCut = false;
  }

  async close(): Promise<void> {
    await this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #connect(socket: Socket, { hostname, port }: URL): void {
    if (this.#isCut) {
      this.refused += 1;
      return void socket.resetAndDestroy();
    }
    const far = connect(Number(port), hostname);
    for (const [from, to] of [[socket, far], [far, socket]] as const) {
      this.#sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}
