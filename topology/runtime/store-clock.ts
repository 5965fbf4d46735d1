import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { messageOf } from './errors.ts';

export interface StoreClock {
  /** ms since the epoch, UTC, by the clock of the store. */
  now(): number;
  /** How far this machine's own clock is ahead of it, ms. */
  skewMs(): number;
  stop(): void;
}

const READ_EVERY_MS = 5_000;
/** An answer that took longer says too little about the time. */
const LONGEST_READING_MS = 500;
/** How far a member's time may be from the store's, ms. */
export const CLOCK_ERROR_MS = LONGEST_READING_MS / 2;
/** The first readings are taken as they come; after so many slow ones the last of them has to do. */
const FIRST_TRIES = 5;
const ALARMING_SKEW_MS = 5_000;

/**
 * The time by which processors work: Redis's, carried on by this process's monotonic clock between two readings. Holds and their timers live
 * in Redis, so all members have to agree with it and with each other, whatever the clocks of their machines say or jump to. A machine whose
 * clock is wrong is reported.
 */
export async function openStoreClock(redis: Pick<Redis, 'time'>, log: Pick<Logger, 'error' | 'info' | 'debug'>): Promise<StoreClock> {
  let ahead = await firstReading(redis);
  let alarmed = false;
  const now = (): number => Math.floor(performance.now() + ahead);
  const skewMs = (): number => Date.now() - now();

  const check = (): void => {
    const wrong = Math.abs(skewMs()) > ALARMING_SKEW_MS;
    if (wrong === alarmed) return;
    alarmed = wrong;
    const facts = { skewSeconds: Math.round(skewMs() / 1_000) };
    if (wrong) log.error(facts, 'the clock of this machine differs from the store’s; orders go by the store’s, set this one right');
    else log.info(facts, 'the clock of this machine agrees with the store’s again');
  };
  const timer = setInterval(() => {
    reading(redis)
      .then(({ ahead: read, tookMs }) => {
        if (tookMs <= LONGEST_READING_MS) ahead = read;
      })
      .catch((error: unknown) => log.debug({ reason: messageOf(error) }, 'the clock of the store was not read'))
      .finally(check);
  }, READ_EVERY_MS);
  timer.unref();
  check();
  return { now, skewMs, stop: () => clearInterval(timer) };
}

async function firstReading(redis: Pick<Redis, 'time'>): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    const { ahead, tookMs } = await reading(redis);
    if (tookMs <= LONGEST_READING_MS || tries === FIRST_TRIES) return ahead;
    await sleep(LONGEST_READING_MS);
  }
}

/** How far the store's clock is ahead of `performance.now()`, taking its answer for the middle of the time it took. */
async function reading(redis: Pick<Redis, 'time'>): Promise<{ ahead: number; tookMs: number }> {
  const asked = performance.now();
  const [seconds, microseconds] = await redis.time();
  const answered = performance.now();
  return { ahead: Number(seconds) * 1_000 + Number(microseconds) / 1_000 - (asked + answered) / 2, tookMs: answered - asked };
}
