import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { merged, type BatchResult } from './batch.ts';
import type { WorkerTask } from './worker.ts';

const run = promisify(execFile);
const WORKER = join(import.meta.dirname, 'worker.ts');
/** Each worker loads the product for itself: it should have something to do then. */
const SEEDS_A_WORKER = 1_000;
const OUTPUT_BYTES = 64 * 1024 * 1024;

/** Runs the task in a process of its own. Throws where that process fails, with what it said. */
export async function inWorker(task: WorkerTask): Promise<BatchResult> {
  const { stdout } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', WORKER, JSON.stringify(task)], { maxBuffer: OUTPUT_BYTES });
  return JSON.parse(stdout) as BatchResult;
}

/** Runs the seeds on so many processes at once. */
export async function inWorkers(task: WorkerTask, workers: number, onPart: (sofar: BatchResult) => void = () => undefined): Promise<BatchResult> {
  const size = Math.min(SEEDS_A_WORKER, Math.ceil(task.seeds / workers));
  const end = task.from + task.seeds;
  const parts = new Map<number, BatchResult>();
  const sofar = (): BatchResult[] => [...parts].sort(([one], [other]) => one - other).map(([, part]) => part);
  let next = task.from;
  const take = async (): Promise<void> => {
    while (next < end && !(task.untilBroken && sofar().some(({ broken }) => broken.length > 0))) {
      const from = next;
      next = Math.min(end, from + size);
      parts.set(from, await inWorker({ ...task, from, seeds: next - from }));
      onPart(merged(sofar()));
    }
  };
  await Promise.all(Array.from({ length: workers }, take));
  return merged(sofar());
}
