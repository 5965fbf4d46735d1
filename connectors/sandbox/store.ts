import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

interface Group {
  failure: unknown;
  closed: boolean;
  done: Promise<void>;
  settle: () => void;
  /** Work that joined since the last turn of the event loop. */
  joined: number;
  openedAt: number;
}

/** A group stays open while every turn brings more work for it, at most this long: a commit costs more than all the rest. */
const LONGEST_GROUP_MS = 4;
const CHECKPOINT_PAGES = 10_000;

/**
 * One SQLite database for all simulated companies. Work that arrives in turns of the event loop that follow each other shares one
 * transaction, and nobody hears of a result before that transaction is committed: what was answered survives a kill.
 */
export class SandboxStore {
  readonly #database: DatabaseSync;
  readonly #later: (commit: () => void) => void;
  #group: Group | undefined;

  /** `path`: a file, made with its folder where missing, or ':memory:'. */
  constructor(path: string) {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
    this.#database = new DatabaseSync(path);
    this.#database.exec(`PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};`);
    this.#later = path === ':memory:' ? queueMicrotask : setImmediate;
  }

  /** Declares tables; safe to repeat. */
  declare(sql: string): void {
    this.#database.exec(sql);
  }

  prepare(sql: string): StatementSync {
    return this.#database.prepare(sql);
  }

  /**
   * Runs `work` inside the open transaction and answers once it is committed. Reads go through here as well, so that they never tell of
   * a change that is lost afterwards. A throw undoes the whole transaction and fails everyone who shared it.
   */
  async transact<T>(work: () => T): Promise<T> {
    const group = this.#openGroup();
    let result: T;
    try {
      result = work();
    } catch (error) {
      this.#close(group, error);
      throw error;
    }
    await group.done;
    return result;
  }

  close(): void {
    if (this.#group) this.#close(this.#group);
    this.#database.close();
  }

  #openGroup(): Group {
    if (this.#group) {
      this.#group.joined += 1;
      return this.#group;
    }
    this.#database.exec('BEGIN');
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => {});
    const settle = (): void => (group.failure === undefined ? resolve() : reject(group.failure));
    const group: Group = { failure: undefined, closed: false, done: promise, settle, joined: 0, openedAt: performance.now() };
    this.#group = group;
    this.#later(() => this.#endOrWait(group));
    return group;
  }

  #endOrWait(group: Group): void {
    if (!group.closed && group.joined > 0 && performance.now() - group.openedAt < LONGEST_GROUP_MS) {
      group.joined = 0;
      this.#later(() => this.#endOrWait(group));
      return;
    }
    this.#close(group);
    group.settle();
  }

  #close(group: Group, failure?: unknown): void {
    if (group.closed) return;
    group.closed = true;
    this.#group = undefined;
    try {
      group.failure = failure;
      this.#database.exec(failure === undefined ? 'COMMIT' : 'ROLLBACK');
    } catch (error) {
      group.failure ??= error;
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    }
  }
}
