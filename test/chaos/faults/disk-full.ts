import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PartName } from '../../../topology/local/stack.ts';
import type { ChaosRun, Fault } from '../fault.ts';
import { inTurnFor, type Lengths } from './in-turn.ts';
import { SmallDisk, whyNoDisks } from './small-disk.ts';

const FULL_FOR_MS: Lengths = { quick: [3_000], full: [20_000] };

/** Folder with what the server must be able to write, inside its own. */
const WRITTEN: Partial<Record<PartName, string>> = { kafka: 'log', postgres: '' };

const noDisks = await whyNoDisks();

export const DISK_FAULTS: readonly Fault[] = (['kafka', 'postgres'] as const).map((server) => ({
  name: `disk-full-${server}`,
  title: `Disk full under ${server === 'kafka' ? 'the Kafka broker’s log' : 'Postgres'}`,
  ...(noDisks !== undefined && { notRun: noDisks }),
  planned: (scale) => FULL_FOR_MS[scale].length,
  inject: (run) => inTurnFor(run, FULL_FOR_MS, `disk of ${server} full`, (ms) => fullFor(run, server, ms)),
}));

async function fullFor(run: ChaosRun, server: PartName, ms: number): Promise<void> {
  const disk = await onSmallDisk(run, server);
  try {
    await disk.fill();
    await sleep(ms, undefined, { signal: run.signal });
    await disk.free();
    await run.recovered();
  } finally {
    await disk.free();
    await run.servers.stop(server);
    await disk.remove();
    await run.servers.start(server);
  }
}

async function onSmallDisk(run: ChaosRun, server: PartName): Promise<SmallDisk> {
  await run.servers.stop(server);
  try {
    return await SmallDisk.under(join(run.servers.folder(server), WRITTEN[server] ?? ''));
  } finally {
    await run.servers.start(server);
  }
}
