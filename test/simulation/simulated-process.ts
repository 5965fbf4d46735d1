import type { Scheduled } from './scheduler.ts';

/** Thrown where a process dies, so that nothing after that point is done. Its calls to anything outside no longer arrive anywhere. */
export class Killed extends Error {
  override name = 'Killed';
}

/** One life of one process: after a crash another takes its place. */
export class SimulatedProcess {
  readonly name: string;
  dead = false;
  paused = false;
  #held: Scheduled[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** What is due while the process is paused waits. */
  hold(event: Scheduled): void {
    this.#held.push(event);
  }

  takeHeld(): Scheduled[] {
    const held = this.#held;
    this.#held = [];
    return held;
  }
}
