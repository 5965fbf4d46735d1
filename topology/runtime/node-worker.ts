import type { FlowNode } from '../define.ts';
import { groupOf, inputsOf } from '../topics.ts';
import { messageOf } from './errors.ts';
import { groupConsumer, isReachable, SESSION_TIMEOUT_MS, type Consumer, type EachBatchPayload, type GroupConsumerOptions } from './kafka.ts';
import { PartitionSession, type SessionDeps } from './session.ts';
import { Watchdog } from './watchdog.ts';

const COMMIT_PASSED_OVER_EVERY_MS = 1_000;
/** An idle node asks the broker this often; a record that arrives is answered with at once. */
const OWN_FETCH = { maxWaitTimeInMs: 1_000, minBytes: 1 };
/** A node fed in memory finds next to nothing but records to pass over at its topics: no use being woken for each. */
const FED_FETCH = { maxWaitTimeInMs: 1_000, minBytes: 0 };
/**
 * Commands are for the opener as a rule, and an interrupt is in less of a hurry: a traveller's cancellation a moment later meets the same order.
 * Without a rest each place command wakes every interrupt, which passes over it.
 */
const INTERRUPT_FETCH = { ...OWN_FETCH, restAfterRecordsMs: 50 };
/** Without a sign of life from the consumer for this long, though Kafka answers, the process is of no use: the supervisor starts a new one. */
const SILENCE_MS = 3 * SESSION_TIMEOUT_MS + 10_000;

export interface NodeWorkerDeps extends Omit<SessionDeps, 'consumer'> {
  /** Whether this process hands the node its events in memory. */
  isFed: (node: FlowNode) => boolean;
  /** Called once when the worker cannot go on; the process is expected to exit. */
  onFatal: (reason: string) => void;
}

/** One node's member of its consumer group, with a session per partition it owns. */
export class NodeWorker {
  readonly node: FlowNode;
  readonly #deps: NodeWorkerDeps;
  readonly #consumer: Consumer;
  readonly #sessions = new Map<string, PartitionSession>();
  readonly #watchdog: Watchdog;
  #assigned: { topic: string; partitions: number[] }[] = [];
  #timers: NodeJS.Timeout[] = [];
  #joined = Promise.withResolvers<void>();
  /** Offsets of records passed over are being committed: later ones wait for the outcome. */
  #committing = false;

  constructor(node: FlowNode, deps: NodeWorkerDeps) {
    this.node = node;
    this.#deps = deps;
    this.#consumer = groupConsumer(deps.kafka, { groupId: groupOf(node.name), ...this.#fetching() });
    this.#watchdog = new Watchdog({
      silenceMs: SILENCE_MS,
      isReachable: () => isReachable(deps.kafka),
      onSilence: () => deps.onFatal(`consumer of ${node.name} has been silent for ${SILENCE_MS} ms`),
    });
  }

  /** Resolves once the group has given this member its partitions (or none, when others have them all). */
  async start(partitions: number): Promise<void> {
    this.#listen();
    await this.#consumer.connect();
    const topics = inputsOf(this.node);
    await this.#consumer.subscribe({ topics, fromBeginning: true });
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: topics.length * partitions,
      eachBatch: (payload) => this.#session(payload).handle(payload),
    });
    this.#timers.push(setInterval(() => void this.#commitPassedOver(), COMMIT_PASSED_OVER_EVERY_MS));
    this.#watchdog.start(SESSION_TIMEOUT_MS);
    await this.#joined.promise;
  }

  /** Partitions held now, by topic. */
  get assignment(): readonly { topic: string; partitions: number[] }[] {
    return this.#assigned;
  }

  /** Finishes the chunks at work, commits, leaves the group. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#watchdog.stop();
    await Promise.all([...this.#sessions.values()].map((session) => session.finish()));
    await this.#commitPassedOver();
    await this.#consumer.stop();
    await Promise.all([...this.#sessions.values()].map((session) => session.close()));
    await this.#consumer.disconnect();
  }

  #fetching(): Pick<GroupConsumerOptions, 'maxWaitTimeInMs' | 'minBytes' | 'restAfterRecordsMs'> {
    if (this.#deps.isFed(this.node)) return FED_FETCH;
    return this.node.kind === 'interrupt' ? INTERRUPT_FETCH : OWN_FETCH;
  }

  #session(payload: EachBatchPayload): PartitionSession {
    const { topic, partition } = payload.batch;
    const key = `${topic}/${partition}`;
    let session = this.#sessions.get(key);
    if (!session) {
      session = new PartitionSession(this.node, topic, partition, { ...this.#deps, consumer: this.#consumer });
      this.#sessions.set(key, session);
    }
    return session;
  }

  #listen(): void {
    const { GROUP_JOIN, CRASH, HEARTBEAT, FETCH, FETCH_START } = this.#consumer.events;
    this.#consumer.on(GROUP_JOIN, ({ payload }) => this.#onJoin(payload.memberAssignment));
    for (const event of [HEARTBEAT, FETCH, FETCH_START]) this.#consumer.on(event, () => this.#watchdog.sign());
    this.#consumer.on(CRASH, ({ payload }) => {
      if (!payload.restart) this.#deps.onFatal(`consumer of ${this.node.name} stopped: ${messageOf(payload.error)}`);
    });
  }

  #onJoin(assignment: Record<string, number[]>): void {
    this.#deps.metrics.rebalances.inc({ node: this.node.name });
    this.#assigned = Object.entries(assignment).map(([topic, partitions]) => ({ topic, partitions }));
    const owned = new Set(this.#assigned.flatMap(({ topic, partitions }) => partitions.map((partition) => `${topic}/${partition}`)));
    for (const [key, session] of this.#sessions) {
      session.rejoined();
      if (owned.has(key)) continue;
      this.#sessions.delete(key);
      void session.close();
    }
    this.#joined.resolve();
  }

  /** Offsets of records passed over change nothing if read again; they are committed in the plain way, for lag and quick restarts. */
  async #commitPassedOver(): Promise<void> {
    if (this.#committing) return;
    const sessions = [...this.#sessions.values()];
    const offsets = sessions.flatMap((session) => session.takePassedOver() ?? []);
    if (offsets.length === 0) return;
    this.#committing = true;
    const committing = this.#consumer.commitOffsets(offsets).catch((error) => {
      for (const session of sessions) session.untakePassedOver();
      this.#deps.log.debug({ node: this.node.name, reason: messageOf(error) }, 'passed-over offsets not committed');
    });
    for (const session of sessions) session.waitFor(committing);
    await committing;
    this.#committing = false;
  }
}
