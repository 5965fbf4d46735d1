import type { Chaos } from './chaos.ts';
import type { Scheduler } from './scheduler.ts';

export type Server = 'kafka' | 'redis' | 'company';

export interface Call<T> {
  server: Server;
  /** For the trace; also where a crash may strike. */
  label: string;
  /** What the server does; a throw is its answer too. */
  serve: () => T | Promise<T>;
  /** What the caller meets where request or answer are lost. */
  lost: () => Error;
  /** Calls whose loss the client hides by trying again may name how often that works out, 0 to 1. */
  hidden?: number;
}

/** Never answers: the caller is gone, or nobody will ever hear. */
const NEVER = new Promise<never>(() => undefined);

/** Carries calls of simulated processes to simulated servers, late, and sometimes not there or not back. */
export class Network {
  readonly #scheduler: Scheduler;
  readonly #chaos: Chaos;

  constructor(scheduler: Scheduler, chaos: Chaos) {
    this.#scheduler = scheduler;
    this.#chaos = chaos;
  }

  call<T>({ server, label, serve, lost, hidden = 0 }: Call<T>): Promise<T> {
    const scheduler = this.#scheduler;
    const chaos = this.#chaos;
    const process = scheduler.process;
    if (!process) return (async () => serve())();
    if (process.dead) return NEVER;
    if (chaos.crashes(process, `before ${label}`)) return NEVER;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const fate = chaos.fateOf(server, label, hidden);
    const answer = (failure: Error | null, settle: () => void): void => {
      const event = failure ? `${label}: ${failure.message}` : `${label} answers`;
      scheduler.after(chaos.latency(server), process, event, () => {
        if (chaos.crashes(process, `after ${label}`)) return;
        if (failure) reject(failure);
        else settle();
      });
    };
    if (fate === 'request_lost') {
      answer(lost(), () => undefined);
      return promise;
    }
    scheduler.after(chaos.latency(server), null, label, () => {
      const served = attempt(serve);
      served.then(
        (value) => answer(fate === 'answer_lost' ? lost() : null, () => resolve(value)),
        (error: unknown) => answer(fate === 'answer_lost' ? lost() : null, () => reject(error)),
      );
    });
    return promise;
  }
}

async function attempt<T>(serve: () => T | Promise<T>): Promise<T> {
  return serve();
}
