// Runs beside the suite and outlives it: once the suite is gone, however it went, whatever it left running is ended.
import { setTimeout as sleep } from 'node:timers/promises';
import { stopLeftovers } from '../../topology/local/data-folder.ts';

/** Those that were started just before the end are noted by now. */
const SETTLE_MS = 1_000;

process.stdin.resume();
process.stdin.once('end', async () => {
  await sleep(SETTLE_MS);
  await Promise.all(process.argv.slice(2).map((folder) => stopLeftovers(folder, () => undefined)));
  process.exit(0);
});
