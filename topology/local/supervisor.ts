import type { WorkerSpec } from './processes.ts';
import { type WorkerContext, WorkerProcess } from './worker-process.ts';

/** The workers of one installation, as processes under this one. */
export interface Supervisor {
  /** By name, as they are now: a worker that ended is started again. */
  pids(): Record<string, number>;
  /** Starts all and waits until each is ready. @throws LocalFault in one sentence; whatever had started is stopped first. */
  start(): Promise<void>;
  /** Drains them one after another, in the order of `specs`: who takes orders in goes first, whom the others call goes last. */
  stop(): Promise<void>;
  /** Ends all at once, without asking. */
  kill(): void;
}

/** @param specs the workers, in the order in which they are to stop. */
export function supervise(specs: WorkerSpec[], context: WorkerContext): Supervisor {
  const workers = specs.map((spec) => new WorkerProcess(spec, context));
  const stop = async () => {
    for (const worker of workers) await worker.stop();
  };
  return {
    pids: () => Object.fromEntries(workers.flatMap((it) => (it.pid ? [[it.name, it.pid]] : []))),
    async start() {
      try {
        for (const late of [false, true]) {
          await Promise.all(workers.filter((it) => it.afterOthers === late).map((it) => it.start()));
        }
      } catch (error) {
        await stop();
        throw error;
      }
    },
    stop,
    kill: () => workers.forEach((it) => void it.kill()),
  };
}
