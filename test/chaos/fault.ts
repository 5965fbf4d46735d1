import type { Random } from '../../topology/demo/random.ts';
import type { Addresses, PartName } from '../../topology/local/stack.ts';
import type { Config } from '../../topology/runtime/config.ts';
import type { Proxies } from './proxy/proxies.ts';

export type Scale = 'quick' | 'full';

/** All nodes chained in one process, which is the default deployment, or each node in a process of its own. */
export type Layout = 'one-process' | 'process-per-node';

/** One thing done to the installation. */
export interface Injection {
  /** What, and to whom: "SIGKILL charge", "FAILPOINT hold.produced:2". */
  what: string;
  /** When, ms since the epoch, UTC. */
  at: number;
  /** Until orders placed after it were final in every store again, ms. Null where the fault has no such moment. */
  recoveryMs: number | null;
}

/**
 * A way things break. The suite runs the faults of `faults.ts` one after another on one installation under load: it brings the installation
 * into the fault's layout and injects. Now and then, between two families and at the end, everything comes to rest and the invariants are
 * checked. A fault that was injected less often than planned, or that missed what it is there to provoke, fails the run.
 */
export interface Fault {
  /** For `--only`: lower case, with dashes. */
  name: string;
  /** A line of the table in docs/reliability.md: what happens to whom. */
  title: string;
  /** Default: one-process. */
  layout?: Layout;
  /** Why it cannot be injected on this machine: the run then says so, and counts it neither as passed nor as failed. */
  notRun?: string;
  /** How often it is injected at least. */
  planned(scale: Scale): number;
  /** Injects under load, and leaves everything running as it found it, also when it throws. A throw is a violation. */
  inject(run: ChaosRun): Promise<Injection[]>;
  /** What has to be seen at least once for the fault to prove something: one text for each that was not. Asked when the pipeline is steady again. */
  unseen?(signs: Signs): Iterable<string>;
}

/** What a fault works with. */
export interface ChaosRun {
  readonly scale: Scale;
  /** Of the run's printed seed and the fault's name. */
  readonly random: Random;
  readonly workers: Workers;
  readonly servers: Servers;
  /** In front of the servers: every process of the installation goes through them. */
  readonly proxies: Proxies;
  readonly load: Load;
  /** As the installation's processes have it, which may reach the servers through proxies; `servers.addresses` leads straight to them. */
  readonly config: Config;
  /** Aborts when the run is to end at once: waits should take it. */
  readonly signal: AbortSignal;
  /**
   * Waits until the pipeline is steady again: until every order of the load first sent within a second from `since` (ms, UTC; default: now)
   * on is final in Kafka, Postgres and ClickHouse. Answers the ms from `since` on. Rejects after two minutes.
   * Any number may wait side by side.
   */
  recovered(since?: number): Promise<number>;
  /** Tells of poison that the fault put in itself: dead letters that are due, by their topic and by where the poison lies. */
  expectLetters(letters: readonly Letter[]): void;
  /** Notes a violation, after which the fault goes on. */
  violated(text: string): void;
  /** A line for whoever watches. */
  say(line: string): void;
}

export interface Letter {
  /** The dead-letter topic. */
  node: string;
  /** `<topic>/<partition>@<offset>` of the poison. */
  from: string;
}

/** The installation's processes by name: `sandbox`, `ingress`, `postgres-sink`, `clickhouse-sink`, and by layout `all` or one a node. */
export interface Workers {
  readonly names: readonly string[];
  /** SIGKILL once it is up; it is started again by itself. Resolves when it is gone. */
  kill(name: string): Promise<void>;
  /** SIGSTOP. */
  pause(name: string): void;
  /** SIGCONT. */
  resume(name: string): void;
  /** Restarts it once with this FAILPOINT armed; resolves when it died of it, true, or had no occasion to within `patienceMs`, false. */
  killAt(name: string, failpoint: string, patienceMs?: number): Promise<boolean>;
  /** Ends it (SIGKILL) and starts it with the environment for this once; resolves when it is ready. */
  restartWith(name: string, env: Record<string, string>): Promise<void>;
  /** As `killAt`, one after another: each start after a death is armed with the next; the last is armed with none. */
  killAtEach(name: string, failpoints: readonly string[], patienceMs?: number): Promise<boolean[]>;
  /** So many processes of the kind of worker, started or ended (SIGTERM). Names of further ones: `<name>-2`, … */
  scale(name: string, processes: number): Promise<void>;
  /** Changes what runs together, a process at a time, under load. */
  arrange(layout: Layout): Promise<void>;
  /** Resolves when every process has said that it is ready. */
  allReady(): Promise<void>;
}

/** The servers that the suite started. */
export interface Servers {
  /** Straight to the servers. */
  readonly addresses: Addresses;
  /** SIGTERM or what the server takes for it; it stays down until `start`. */
  stop(name: PartName): Promise<void>;
  start(name: PartName): Promise<void>;
  /** SIGKILL; its supervisor starts it again. Resolves when it answers again. */
  kill(name: PartName): Promise<void>;
  /** SIGSTOP. */
  pause(name: PartName): void;
  /** SIGCONT. */
  resume(name: PartName): void;
  pid(name: PartName): number;
  /** Where it keeps its data. */
  folder(name: PartName): string;
}

/** Workload W, placed all the time while a fault is injected. */
export interface Load {
  /** Place commands sent so far in this run, repeats not counted. */
  readonly sent: number;
  /** Counts an order that a fault placed itself among those that are acknowledged, and have to end. */
  adopt(orderId: string): void;
}

/** Signs that things really happened, counted over the fault's time from the logs of the installation. */
export interface Signs {
  /** Sessions ended because another member took the partition. */
  fenced: number;
  /** Steps answered from the journal. */
  replayed: number;
  /** Processes that ended by SIGKILL. */
  killed: number;
  /** Chunks thrown away after an error, to be read again. */
  thrownAway: number;
  /** Rebuilds of Redis from the changelog. */
  rebuilt: number;
  /** Alarms about the clock of a machine. */
  skewed: number;
}
