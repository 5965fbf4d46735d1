import type { EachBatchPayload } from '../../../topology/runtime/kafka.ts';
import { kafkajsModule } from '../../../topology/runtime/kafkajs-patches.ts';
import type { SimulatedProcess } from '../simulated-process.ts';
import type { ClientParts } from './client.ts';
import { connectionLost } from './errors.ts';
import { nameOf, type Member, type TopicPartition } from './groups.ts';
import type { PartitionLog } from './partition-log.ts';

export interface ConsumerOptions {
  groupId: string;
  sessionTimeout: number;
  heartbeatInterval: number;
  rebalanceTimeout: number;
  maxWaitTimeInMs: number;
  minBytes?: number;
}

type Fetched = ReturnType<PartitionLog['fetch']>;
type StockBatch = EachBatchPayload['batch'] & { isEmptyDueToFiltering(): boolean };
/** kafkajs's own, so that what it hides from a handler is hidden here too. */
const Batch = kafkajsModule<new (topic: string, fetchedOffset: string, fetched: Fetched) => StockBatch>('src/consumer/batch.js');

type Listener = (event: { payload: Record<string, unknown> }) => void;
interface RunOptions {
  eachBatch: (payload: EachBatchPayload) => Promise<void>;
}

const SIGN_OF_LIFE_MS = 5_000;
/** How often a member goes on handling a batch while it joins its group again already. */
const JOINS_WHILE_AT_WORK = 0.3;

/** A member of a group, as kafkajs's is: one fetch for all its partitions, handled side by side, then the next fetch. */
export class SimulatedConsumer {
  readonly events = { GROUP_JOIN: 'join', CRASH: 'crash', HEARTBEAT: 'heartbeat', FETCH: 'fetch', FETCH_START: 'fetch_start' } as const;
  readonly #parts: ClientParts;
  readonly #options: ConsumerOptions;
  readonly #process: SimulatedProcess | null;
  readonly #listeners = new Map<string, Listener[]>();
  #topics: readonly string[] = [];
  #eachBatch: RunOptions['eachBatch'] = async () => undefined;
  #member: Member | null = null;
  #generation = 0;
  #assigned: TopicPartition[] = [];
  /** Next offset to fetch, by partition. New with every assignment. */
  #positions = new Map<string, number>();
  readonly #seeks = new Map<string, number>();
  readonly #paused = new Set<string>();
  #running = false;
  #joining = false;
  /** Names the fetch loop that may go on. */
  #loop = 0;
  #handling: Promise<unknown> = Promise.resolve();
  /** Ends the wait for records; null while there is none. */
  #parked: (() => void) | null = null;
  #unwatch: () => void = () => undefined;

  constructor(parts: ClientParts, options: ConsumerOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#process = parts.scheduler.process;
  }

  async connect(): Promise<void> {}

  async subscribe({ topics }: { topics: string[] }): Promise<void> {
    this.#topics = topics;
  }

  on(event: string, listener: Listener): void {
    const listeners = this.#listeners.get(event) ?? [];
    this.#listeners.set(event, [...listeners, listener]);
  }

  async run({ eachBatch }: RunOptions): Promise<void> {
    this.#eachBatch = eachBatch;
    this.#running = true;
    this.#unwatch = this.#parts.broker.watch((log) => this.#scheduleWake(log));
    this.#giveSigns();
    this.#join();
  }

  seek({ topic, partition, offset }: { topic: string; partition: number; offset: string }): void {
    this.#seeks.set(nameOf({ topic, partition }), Number(offset));
    this.#wake();
  }

  commitOffsets(offsets: { topic: string; partition: number; offset: string }[]): Promise<void> {
    const [member, generation] = [this.#member, this.#generation];
    const numbers = offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset: Number(offset) }));
    const { groupId } = this.#options;
    const what = numbers.map((each) => `${nameOf(each)}@${each.offset}`).join();
    return this.#call(`OffsetCommit ${groupId} ${what}`, () => this.#parts.broker.groups.commit(groupId, member?.id ?? '', generation, numbers));
  }

  async stop(): Promise<void> {
    if (!this.#running) return;
    this.#running = false;
    this.#unwatch();
    this.#loop += 1;
    this.#wake();
    await this.#handling;
    const member = this.#member;
    if (member) await this.#call(`LeaveGroup ${this.#options.groupId}`, () => this.#parts.broker.groups.leave(this.#options.groupId, member.id)).catch(() => undefined);
  }

  disconnect(): Promise<void> {
    return this.stop();
  }

  #emit(event: string, payload: Record<string, unknown>): void {
    for (const listener of this.#listeners.get(event) ?? []) listener({ payload });
  }

  #giveSigns(): void {
    if (!this.#running) return;
    this.#emit(this.events.HEARTBEAT, {});
    this.#parts.scheduler.after(SIGN_OF_LIFE_MS, this.#process, 'heartbeat', () => this.#giveSigns());
  }

  #join(): void {
    if (this.#joining || !this.#running) return;
    this.#joining = true;
    const { broker, random } = this.#parts;
    const { groupId, sessionTimeout, rebalanceTimeout, heartbeatInterval } = this.#options;
    const member = (this.#member ??= {
      id: `${groupId}@${this.#process?.name ?? ''}`,
      process: this.#process,
      topics: this.#topics,
      sessionTimeoutMs: sessionTimeout,
      rebalanceTimeoutMs: rebalanceTimeout,
      heartbeatMs: heartbeatInterval,
      onRebalance: () => this.#rejoin(),
      onAssigned: (generation, partitions) => this.#assign(generation, partitions),
    });
    this.#call(`JoinGroup ${groupId}`, () => broker.groups.join(groupId, member)).catch(() => {
      this.#joining = false;
      this.#parts.scheduler.after(random.between(100, 1_000), this.#process, `JoinGroup ${groupId} again`, () => this.#join());
    });
  }

  /** Before it joins again a member mostly, not always, ends what it is at. */
  #rejoin(): void {
    if (this.#joining || !this.#running) return;
    this.#loop += 1;
    this.#wake();
    if (this.#parts.random.chance(JOINS_WHILE_AT_WORK)) {
      this.#parts.coverage.saw('joined again while at work');
      this.#join();
    } else void this.#handling.then(() => this.#join());
  }

  #assign(generation: number, partitions: TopicPartition[] | null): void {
    if (!this.#running) return;
    this.#joining = false;
    if (!partitions) return this.#join();
    this.#generation = generation;
    this.#assigned = partitions;
    this.#positions = new Map();
    const byTopic = Map.groupBy(partitions, ({ topic }) => topic);
    const memberAssignment = Object.fromEntries([...byTopic].map(([topic, mine]) => [topic, mine.map(({ partition }) => partition)]));
    this.#emit(this.events.GROUP_JOIN, { memberAssignment });
    this.#loop += 1;
    void this.#fetchLoop(this.#loop);
  }

  async #fetchLoop(loop: number): Promise<void> {
    while (this.#running && this.#loop === loop) {
      try {
        await this.#resolvePositions(loop);
        if (this.#loop !== loop) return;
        const fetched = await this.#fetch(loop);
        if (!fetched) continue;
        const handled = Promise.all(fetched.map(([from, batch]) => this.#handle(from, batch)));
        this.#handling = Promise.all([this.#handling, handled.catch(() => undefined)]);
        await handled;
      } catch {
        const { random, scheduler } = this.#parts;
        await new Promise<void>((resolve) => scheduler.after(random.between(100, 1_000), this.#process, 'fetch again', resolve));
      }
    }
  }

  async #resolvePositions(loop: number): Promise<void> {
    for (const [name, offset] of this.#seeks) this.#positions.set(name, offset);
    this.#seeks.clear();
    if (this.#assigned.every((each) => this.#positions.has(nameOf(each)))) return;
    const { groupId } = this.#options;
    const { groups } = this.#parts.broker;
    const positions = this.#positions;
    const committed = await this.#call(`OffsetFetch ${groupId}`, () => this.#assigned.map((each) => [nameOf(each), groups.committed(groupId, each) ?? 0] as const));
    if (this.#loop !== loop) return;
    for (const [name, offset] of committed) if (!positions.has(name)) positions.set(name, offset);
  }

  /** Null where nothing came; it then has waited for something to come. */
  async #fetch(loop: number): Promise<[TopicPartition & { from: number }, Fetched][] | null> {
    const { broker, random } = this.#parts;
    const asked = this.#assigned.flatMap((each) => {
      const from = this.#positions.get(nameOf(each));
      return this.#paused.has(nameOf(each)) || from === undefined ? [] : [{ ...each, from }];
    });
    const available = asked.filter(({ topic, partition, from }) => broker.log(topic, partition).stable > from);
    if (available.length === 0) {
      await new Promise<void>((resolve) => (this.#parked = resolve));
      return null;
    }
    const limit = random.chance(0.2) ? random.int(1, 3) : random.int(5, 100);
    const answers = await this.#call(`Fetch ${this.#options.groupId}`, () =>
      available.map((each): [TopicPartition & { from: number }, Fetched] => [each, broker.log(each.topic, each.partition).fetch(each.from, limit)]),
    );
    if (this.#loop !== loop) return null;
    this.#emit(this.events.FETCH, {});
    return answers.filter(([each, { messages }]) => messages.length > 0 && !this.#seeks.has(nameOf(each)) && !this.#paused.has(nameOf(each)));
  }

  async #handle({ from, ...each }: TopicPartition & { from: number }, fetched: Fetched): Promise<void> {
    const { topic, partition } = each;
    const name = nameOf(each);
    const batch = new Batch(topic, String(from), fetched);
    if (batch.isEmptyDueToFiltering()) return this.#resolve(each, batch.lastOffset());
    const last = batch.messages.at(-1)?.offset;
    await this.#eachBatch({
      batch,
      resolveOffset: (offset: string) => this.#resolve({ topic, partition }, offset === last ? batch.lastOffset() : offset),
      heartbeat: async () => undefined,
      pause: () => {
        this.#paused.add(name);
        return () => {
          this.#paused.delete(name);
          this.#wake();
        };
      },
      isRunning: () => this.#running,
      isStale: () => this.#seeks.has(name),
    } as unknown as EachBatchPayload);
  }

  /** Onto the offsets of the present assignment, whichever the batch came with: so does kafkajs. */
  #resolve(each: TopicPartition, offset: string): void {
    if (!this.#assigned.some(({ topic }) => topic === each.topic)) throw new TypeError(`no offsets of ${each.topic} here`);
    this.#positions.set(nameOf(each), Number(offset) + 1);
  }

  #wake(): void {
    const parked = this.#parked;
    this.#parked = null;
    parked?.();
  }

  /** A member that asked for much at once is answered only at the end of its patience. */
  #scheduleWake({ topic, partition, stable }: PartitionLog): void {
    if (!this.#parked || stable <= (this.#positions.get(nameOf({ topic, partition })) ?? stable)) return;
    const { random, scheduler } = this.#parts;
    const { groupId, minBytes = 1, maxWaitTimeInMs } = this.#options;
    const parked = this.#parked;
    this.#parked = null;
    scheduler.after(random.between(0, minBytes > 1 ? maxWaitTimeInMs : 2), this.#process, `records for ${groupId}`, parked);
  }

  #call<T>(label: string, serve: () => T): Promise<T> {
    const { network, scheduler } = this.#parts;
    return scheduler.within(this.#process, () => network.call({ server: 'kafka', label, serve, lost: connectionLost, hidden: 0.5 }));
  }
}
