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
    const [first, ...others] = failpoints;
    if (first === undefined) return [];
    await this.#up(name);
    this.#installation.arm(name, { FAILPOINT: first });
    await this.kill(name);
    const died: boolean[] = [];
    for (const next of [...others, null]) {
      await this.#up(name);
      const exit = this.#installation.exitOf(name);
      if (next !== null) this.#installation.arm(name, { FAILPOINT: next });
      const late = new AbortController();
      const inTime = await Promise.race([exit.then(({ signal }) => signal === 'SIGKILL'), sleep(patienceMs, null, { signal: late.signal })]);
      late.abort();
      died.push(inTime === true);
      if (inTime !== null) continue;
      this.#installation.kill(name);
      await exit;
    }
    return died;
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
