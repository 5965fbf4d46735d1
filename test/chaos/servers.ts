import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Addresses, PartName, Stack } from '../../topology/local/stack.ts';
import type { Servers } from './fault.ts';

const LOOK_EVERY_MS = 20;

/** The servers of a stack, as faults treat them. */
export class StackServers implements Servers {
  readonly #stack: Stack;
  readonly #dataDir: string;
  /** Told of every new pid: a server that was killed is up again then. */
  readonly #changed: () => Promise<void>;

  constructor(stack: Stack, dataDir: string, changed: () => Promise<void>) {
    this.#stack = stack;
    this.#dataDir = dataDir;
    this.#changed = changed;
  }

  get addresses(): Addresses {
    return this.#stack.addresses;
  }

  stop(name: PartName): Promise<void> {
    return this.#stack.stopPart(name);
  }

  start(name: PartName): Promise<void> {
    return this.#stack.startPart(name);
  }

  async kill(name: PartName): Promise<void> {
    const pid = this.pid(name);
    const answersAgain = this.#untilAnother(name, pid);
    process.kill(pid, 'SIGKILL');
    await answersAgain;
  }

  pause(name: PartName): void {
    process.kill(this.pid(name), 'SIGSTOP');
  }

  resume(name: PartName): void {
    process.kill(this.pid(name), 'SIGCONT');
  }

  pid(name: PartName): number {
    const pid = this.#stack.pids()[name];
    if (!pid) throw new Error(`${name} does not run`);
    return pid;
  }

  folder(name: PartName): string {
    return join(this.#dataDir, name);
  }

  /** The stack tells of a new pid once the server answers. */
  async #untilAnother(name: PartName, pid: number): Promise<void> {
    for (;;) {
      await this.#changed();
      const now = this.#stack.pids()[name];
      if (now !== undefined && now !== pid) return;
      await sleep(LOOK_EVERY_MS);
    }
  }
}
