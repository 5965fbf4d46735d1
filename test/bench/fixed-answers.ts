import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

const HEAD_END = '\r\n\r\n';

/** A server in a process of its own that sends the same bytes to whatever it is asked: what the machine makes of any server at all. */
export interface FixedAnswers {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

/** `bytes`: length of an answer, head and body. */
export async function startFixedAnswers(bytes: number): Promise<FixedAnswers> {
  const child = spawn(process.execPath, [import.meta.filename, String(bytes)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the server of fixed answers ended with ${code}`)));
  const [port] = (await Promise.race([once(child.stdout, 'data'), ended])) as [Buffer];
  return { url: `http://127.0.0.1:${String(port).trim()}`, pid: child.pid as number, stop: () => stopped(child) };
}

async function stopped(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill();
  await gone;
}

/** An answer of so many bytes. */
export function fixedAnswer(bytes: number): Buffer {
  const digits = String(bytes).length;
  const head = (length: number): string => `HTTP/1.1 200 OK\r\nContent-Length: ${String(length).padStart(digits, '0')}${HEAD_END}`;
  const body = Math.max(0, bytes - head(bytes).length);
  return Buffer.from(head(body) + ' '.repeat(body), 'latin1');
}

function serve(bytes: number): void {
  const answer = fixedAnswer(bytes);
  const server = createServer({ noDelay: true }, (socket) => {
    let rest = '';
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      const heads = (rest + chunk.toString('latin1')).split(HEAD_END);
      rest = heads.pop() as string;
      if (heads.length > 0) socket.write(Buffer.concat(heads.map(() => answer)));
    });
  });
  server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
  // The bench holds the other end: where it is gone, whatever the reason, nobody asks any more.
  process.stdin.resume().once('end', () => process.exit());
}

/** As a process of its own: bytes of an answer in, its port out. */
if (process.argv[1] === import.meta.filename) serve(Number(process.argv[2]));
