import type { ChaosRun, Injection, Scale } from '../fault.ts';

/** How often a fault is injected in a run of each scale. */
export type Times = Readonly<Record<Scale, number>>;

/** How long each injection lasts in a run of each scale, ms. */
export type Lengths = Readonly<Record<Scale, readonly number[]>>;

/**
 * Injects so often, one after another, and waits after each until the pipeline is steady again. `once` resolves when the fault is over; from
 * then on the time to recover is counted.
 */
export async function inTurn(run: ChaosRun, times: Times, what: string, once: (index: number) => Promise<unknown>): Promise<Injection[]> {
  const injections: Injection[] = [];
  for (let index = 0; index < times[run.scale] && !run.signal.aborted; index += 1) {
    const at = Date.now();
    await once(index);
    const recoveryMs = await run.recovered(Date.now());
    run.say(`${what}: over after ${Date.now() - recoveryMs - at} ms, steady again after ${recoveryMs} ms more`);
    injections.push({ what, at, recoveryMs });
  }
  return injections;
}

/** As `inTurn`, an injection for each length. */
export const inTurnFor = (run: ChaosRun, lengths: Lengths, what: string, once: (ms: number) => Promise<unknown>): Promise<Injection[]> =>
  inTurn(run, { quick: lengths.quick.length, full: lengths.full.length }, what, (index) => once(lengths[run.scale][index] as number));
