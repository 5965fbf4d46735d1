import { readFileSync, watchFile } from 'node:fs';

/** Names the file that says how far this process's clock is ahead, ms. Loaded before everything else (`--import`). */
export const CLOCK_FILE = 'CHAOS_CLOCK_FILE';
const LOOK_EVERY_MS = 100;

const file = process.env[CLOCK_FILE];
if (file) moveClock(file);

/** From now on `Date` tells another time, as if the clock of this machine alone had been set. The monotonic clock goes on as ever. */
function moveClock(path: string): void {
  const RealDate = Date;
  let aheadMs = 0;
  const read = (): void => {
    aheadMs = Number(readFileSync(path, 'utf8')) || 0;
  };
  read();
  watchFile(path, { interval: LOOK_EVERY_MS, persistent: false }, read);
  const now = (): number => RealDate.now() + aheadMs;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args: unknown[]) => Reflect.construct(target, args.length === 0 ? [now()] : args),
    apply: () => new RealDate(now()).toString(),
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  });
}
