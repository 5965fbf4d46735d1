import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Codec } from '../../schemas/codec.ts';
import type { TimerFired } from '../../schemas/types.ts';
import { TIMERS_TOPIC } from '../topics.ts';
import { messageOf } from './errors.ts';
import { uuidV5 } from './event-id.ts';
import { failpoint } from './failpoint.ts';
import { cloudEvent } from './headers.ts';
import type { DueTimer, OrderState } from './state.ts';
import { StateLost } from './state.ts';

const POLL_MS = 500;
const BATCH = 100;

export interface TimerSchedulerDeps {
  state: OrderState;
  codec: Codec;
  publish: (record: { topic: string; key: string; value: Buffer; headers: Record<string, string>; timestamp: number }) => Promise<void>;
  now: () => number;
  log: Logger;
  /** Called when the store is empty, its timers with it; resolves once it is whole again. */
  recover: () => Promise<void>;
  fired: (count: number) => void;
}

/** The record of a timer that came due. Firing it again gives the same id, which its node then finds too late. */
export function timerFired(timer: DueTimer): TimerFired {
  return { timerId: uuidV5(`${timer.orderId}/${timer.kind}/${timer.dueAt}`), ...timer };
}

/** Moves due timers from the store to their topic: published first, taken off after the acknowledgement. Any number may run side by side. */
export class TimerScheduler {
  readonly #deps: TimerSchedulerDeps;
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: TimerSchedulerDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const fired = await this.fire().catch((error) => this.#afterFailure(error));
      if (fired < BATCH) await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Nobody else may have a reason to look at a store that was emptied while all orders wait for their timers. */
  async #afterFailure(error: unknown): Promise<0> {
    const { log, recover } = this.#deps;
    try {
      if (!(error instanceof StateLost)) throw error;
      await recover();
    } catch (fault) {
      log.warn({ reason: messageOf(fault) }, 'timers not fired, will try again');
    }
    return 0;
  }

  /** Publishes what is due now; answers how many. */
  async fire(): Promise<number> {
    const { state, codec, publish, now, fired } = this.#deps;
    const due = await state.dueTimers(now(), BATCH);
    if (due.length === 0) return 0;
    failpoint('timers.read');
    await Promise.all(
      due.map((timer) => {
        const record = timerFired(timer);
        const time = now();
        const headers = cloudEvent({ id: record.timerId, type: 'TimerFired', source: 'timers', subject: timer.orderId, time });
        return publish({ topic: TIMERS_TOPIC, key: timer.orderId, value: codec.encode('TimerFired', record), headers, timestamp: time });
      }),
    );
    failpoint('timers.published');
    await state.disarm(due);
    failpoint('timers.disarmed');
    fired(due.length);
    return due.length;
  }
}
