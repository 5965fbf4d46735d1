import { setTimeout as sleep } from 'node:timers/promises';
import { orderFlow } from '../../topology/order-flow.ts';
import type { Installation } from '../system/installation.ts';
import type { Layout, Workers } from './fault.ts';

/** Longest wait for an armed process to come by its failpoint, ms. */
const PATIENCE_MS = 45_000;
const LOOK_EVERY_MS = 20;
/** More at once would wait for each other: a start costs a second of a core. */
const STARTED_AT_A_TIME = 3;

/** Which processes of nodes there are in each layout. */
export const NODE_WORKERS: Record<Layout, readonly string[]> = {
  'one-process': ['all'],
  'process-per-node': orderFlow.nodes.map(({ name }) => name),
};

const argsOf = (node: string): string[] => ['topology/cli.ts', 'run', node];

/** The processes of an installation, as faults treat them. */
export class InstallationWorkers implements Workers {
  readonly #installation: Installation;
  #layout: Layout;

  constructor(installation: Installation, layout: Layout) {
    this.#installation = installation;
    this.#layout = layout;
  }

  get names(): readonly string[] {
    return this.#installation.names;
  }

  get layout(): Layout {
    return this.#layout;
  }

  async kill(name: string): Promise<void> {
    await this.#up(name);
    const gone = this.#installation.exitOf(name);
    this.#installation.kill(name);
    await gone;
  }

  pause(name: string): void {
    process.kill(this.#installation.pid(name), 'SIGSTOP');
  }

  resume(name: string): void {
    process.kill(this.#installation.pid(name), 'SIGCONT');
  }

  async killAt(name: string, failpoint: string, patienceMs?: number): Promise<boolean> {
    return (await this.killAtEach(name, [failpoint], patienceMs))[0] as boolean;
  }

  async restartWith(name: string, env: Record<string, string>): Promise<void> {
    await this.#up(name);
    this.#installation.arm(name, env);
    await this.kill(name);
    await this.#installation.readyAgain(name);
  }

  async killAtEach(name: string, failpoints: readonly string[], patienceMs = PATIENCE_MS): Promise<boolean[]> {
    const died: boolean[] = [];
    for (const point of failpoints) {
      await this.#up(name);
      if (died.length === 0) {
        this.#installation.arm(name, { FAILPOINT: point });
        await this.kill(name);
      }
      died.push(await this.#diesAt(name, point, failpoints[died.length + 1], patienceMs));
    }
    return died;
  }

  /** Whether the process, started with the point armed, dies of it; each start after that is armed with the next. */
  async #diesAt(name: string, point: string, next: string | undefined, patienceMs: number): Promise<boolean> {
    const armed: Record<string, string> = next === undefined ? {} : { FAILPOINT: next };
    for (const deadline = Date.now() + patienceMs; ; ) {
      await this.#up(name);
      this.#installation.arm(name, armed);
      const exit = this.#installation.exitOf(name);
      const late = new AbortController();
      const signal = await Promise.race([exit.then((how) => how.signal ?? 'another end'), sleep(Math.max(0, deadline - Date.now()), null, { signal: late.signal })]);
      late.abort();
      if (signal === 'SIGKILL') return true;
      if (signal === null) {
        this.#installation.kill(name);
        await exit;
        return false;
      }
      // It could not start, for want of a server as a rule: that says nothing of the point.
      this.#installation.arm(name, { FAILPOINT: point });
    }
  }

  async scale(name: string, processes: number): Promise<void> {
    const wanted = Array.from({ length: processes }, (_, index) => (index === 0 ? name : `${name}-${index + 1}`));
    const present = this.names.filter((each) => each === name || each.replace(/-\d+$/, '') === name);
    await Promise.all([
      ...wanted.filter((each) => !present.includes(each)).map((each) => this.#start(each, name)),
      ...present.filter((each) => !wanted.includes(each)).map((each) => this.#installation.remove(each, 'SIGTERM')),
    ]);
  }

  async arrange(layout: Layout): Promise<void> {
    if (layout === this.#layout) return;
    const leaving = NODE_WORKERS[this.#layout];
    this.#layout = layout;
    const waiting = NODE_WORKERS[layout].values();
    const starter = async (): Promise<void> => {
      for (const name of waiting) await this.#start(name, name);
    };
    await Promise.all(Array.from({ length: STARTED_AT_A_TIME }, starter));
    for (const name of leaving) await this.#installation.remove(name, 'SIGTERM');
  }

  allReady(): Promise<void> {
    return this.#installation.allReady();
  }

  /** A process that cannot start is started again, as every other end of it. */
  async #start(name: string, node: string): Promise<void> {
    await this.#installation.run(name, argsOf(node)).catch(() => this.#installation.readyAgain(name));
  }

  async #up(name: string): Promise<void> {
    while (!this.#installation.isUp(name)) await sleep(LOOK_EVERY_MS);
  }
}
