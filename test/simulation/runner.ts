import { writeFile } from 'node:fs/promises';
import { availableParallelism, constants, setPriority } from 'node:os';
import { PLAN, type Planned } from './plan.ts';
import { storeResult } from './results.ts';
import { inWorker } from './workers.ts';

const LEAST_AT_ONCE = 2;

/** Works off the plan into the folder named by the first argument, behind everything else on the machine; ends with whoever started it. */
async function run(folder: string): Promise<void> {
  process.once('disconnect', () => process.kill(-process.pid, 'SIGKILL'));
  await stepBack();
  const waiting = PLAN.values();
  const take = async (): Promise<void> => {
    for (const planned of waiting) await storeResult(folder, planned.name, await outcomeOf(planned));
  };
  await Promise.all(Array.from({ length: Math.max(LEAST_AT_ONCE, availableParallelism()) }, take));
  process.exit();
}

const outcomeOf = async ({ task }: Planned) => {
  try {
    return { result: await inWorker(task) };
  } catch (error) {
    return { fault: String(error) };
  }
};

/** Lowest priority, for this session and in it. Where the system knows no such thing, the simulation takes its share. */
async function stepBack(): Promise<void> {
  setPriority(constants.priority.PRIORITY_LOW);
  await writeFile('/proc/self/autogroup', '19').catch(() => undefined);
}

await run(process.argv[2] as string);
