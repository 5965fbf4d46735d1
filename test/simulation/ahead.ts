import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { ENDED } from './results.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Folder of the simulation's results, one file each as they come. */
    simulation: string;
  }
}

const RUNNER = join(import.meta.dirname, 'runner.ts');

/**
 * Has the plan worked off from the start of the run, on what the other tests leave of the cores: those of the system wait for servers half
 * of their time. The simulation's own tests come last and find the results.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'iaros-simulation-'));
  // A session of its own: the kernel shares the cores out between sessions first, and only then by priority.
  const runner = fork(RUNNER, [folder], { detached: true, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  // However it ended: nobody waits for what will not come.
  runner.once('exit', () => writeFileSync(join(folder, ENDED), ''));
  const ended = once(runner, 'exit');
  project.provide('simulation', folder);
  return async () => {
    if (runner.connected) runner.disconnect();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
}
