import { MUTANTS } from './mutants.ts';
import { runBatch, type BatchOptions } from './batch.ts';
import { plant } from './plant.ts';
import { installVirtualGlobals } from './virtual-globals.ts';

/** What a worker is told: seeds to run, and the bug to run them with, if any. */
export interface WorkerTask extends BatchOptions {
  mutant: string | null;
}

const task = JSON.parse(process.argv[2] ?? '') as WorkerTask;
const mutant = MUTANTS.find(({ name }) => name === task.mutant);
if (task.mutant !== null && !mutant) throw new Error(`there is no mutant ${task.mutant}`);
installVirtualGlobals();
if (mutant) plant(mutant);
const { runSeed } = await import('./run-seed.ts');
process.stdout.write(JSON.stringify(await runBatch(runSeed, task)));
