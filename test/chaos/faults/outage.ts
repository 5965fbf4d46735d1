import { setTimeout as sleep } from 'node:timers/promises';
import type { PartName } from '../../../topology/local/stack.ts';
import type { ChaosRun } from '../fault.ts';

/** The server is away for so long, and then starts again. */
export async function away(run: ChaosRun, server: PartName, ms: number): Promise<void> {
  await run.servers.stop(server);
  try {
    await sleep(ms, undefined, { signal: run.signal });
  } finally {
    await run.servers.start(server);
  }
}

/** The server stands still for so long: its connections stay open and nothing is answered. */
export async function paused(run: ChaosRun, server: PartName, ms: number): Promise<void> {
  run.servers.pause(server);
  try {
    await sleep(ms, undefined, { signal: run.signal });
  } finally {
    run.servers.resume(server);
  }
}
