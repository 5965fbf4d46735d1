import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChaosRun, Fault, Injection, Scale } from '../fault.ts';
import { CLOCK_FILE } from '../moved-clock.ts';

const MINUTE_MS = 60_000;
const OFFSETS_MINUTES = [10, -10, 120, -120] as const;
const LASTS_MS: Readonly<Record<Scale, number>> = { quick: 4_000, full: 10_000 };
const MODULE = new URL('../moved-clock.ts', import.meta.url).pathname;

/** The clock of the process that runs every node is set while it works, to each side and back. */
export const CLOCK_FAULTS: readonly Fault[] = [
  {
    name: 'clock',
    title: 'Clock of the processors ±10 min and ±2 h off, and set back again',
    planned: (scale) => offsets(scale).length,
    inject: moveClock,
    *unseen({ skewed }) {
      if (skewed === 0) yield 'nobody reported a wrong clock';
    },
  },
];

/** In the quick run the two that hurt most: Kafka refuses what comes from more than an hour ahead; and the step back. */
const offsets = (scale: Scale): readonly number[] => (scale === 'full' ? OFFSETS_MINUTES : [120, -120]);

async function moveClock(run: ChaosRun): Promise<Injection[]> {
  const folder = await mkdtemp(join(tmpdir(), 'iaros-clock-'));
  const file = join(folder, 'offset-ms');
  const injections: Injection[] = [];
  try {
    await writeFile(file, '0');
    await run.workers.restartWith('all', { [CLOCK_FILE]: file, NODE_OPTIONS: `--import ${MODULE}` });
    await run.recovered();
    for (const minutes of offsets(run.scale)) {
      const at = Date.now();
      await writeFile(file, String(minutes * MINUTE_MS));
      await sleep(LASTS_MS[run.scale], undefined, { signal: run.signal });
      const recoveryMs = await run.recovered();
      injections.push({ what: `clock ${minutes} min`, at, recoveryMs });
    }
    await writeFile(file, '0');
    await run.recovered();
    return injections;
  } finally {
    await run.workers.kill('all');
    await run.workers.allReady();
    await rm(folder, { recursive: true });
  }
}
