import type { Message, TopicMessages } from '../../../topology/runtime/kafka.ts';
import { connectionLost, isConcurrent, misuse } from './errors.ts';
import type { ClientParts } from './client.ts';
import { nameOf } from './groups.ts';
import type { Appended, PartitionLog } from './partition-log.ts';
import type { ProducerIdentity } from './transactions.ts';

export interface ProducerOptions {
  transactionalId?: string;
  transactionTimeout?: number;
}

type Offsets = { consumerGroupId: string; topics: { topic: string; partitions: { partition: number; offset: string }[] }[] };

/** Of errors on the way kafkajs hides most, as the broker knows the sequence numbers of what is sent again. */
const HIDDEN = 0.5;
const RETRY_MS = 4;
const MOST_TRIES = 200;

/** A producer with kafkajs's state machine: ready, in a transaction, ending one; a failed end is final. */
export class SimulatedProducer {
  readonly #parts: ClientParts;
  readonly #options: ProducerOptions;
  #identity: ProducerIdentity | null = null;
  #state: 'ready' | 'transacting' | 'committing' | 'aborting' = 'ready';
  #registered = false;
  /** Whose offsets the transaction holds. */
  #group: string | null = null;

  constructor(parts: ClientParts, options: ProducerOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  async connect(): Promise<void> {}

  async disconnect(): Promise<void> {}

  /** Without a transaction: written once, whatever was tried again inside. */
  async sendBatch({ topicMessages }: { topicMessages: TopicMessages[] }): Promise<void> {
    const identity = (this.#identity ??= this.#parts.broker.transactions.newProducerId());
    await this.#produce(topicMessages, identity, false);
  }

  async transaction() {
    if (this.#state !== 'ready') throw misuse(`Transaction state exception: Cannot call "beginTransaction" in state "${this.#state.toUpperCase()}"`);
    this.#identity ??= await this.#initProducerId();
    this.#state = 'transacting';
    this.#registered = false;
    this.#group = null;
    let active = true;
    const guarded = <Args extends unknown[], T>(work: (...args: Args) => Promise<T>) => async (...args: Args): Promise<T> => {
      if (!active) throw misuse('Cannot continue to use transaction once ended');
      return work(...args);
    };
    const ending = (commit: boolean) =>
      guarded(async () => {
        active = false;
        await this.#end(commit);
      });
    return {
      sendBatch: guarded(({ topicMessages }: { topicMessages: TopicMessages[] }) => this.#sendInTransaction(topicMessages)),
      sendOffsets: guarded((offsets: Offsets) => this.#sendOffsets(offsets)),
      commit: ending(true),
      abort: ending(false),
      isActive: () => active,
    };
  }

  async #initProducerId(): Promise<ProducerIdentity> {
    const { transactionalId = '', transactionTimeout = 60_000 } = this.#options;
    return this.#again(`InitProducerId ${transactionalId}`, () => this.#parts.broker.transactions.initProducerId(transactionalId, transactionTimeout), HIDDEN);
  }

  async #sendInTransaction(topicMessages: TopicMessages[]): Promise<void> {
    const { broker } = this.#parts;
    const identity = this.#identity as ProducerIdentity;
    const placed = this.#placed(topicMessages);
    await this.#again('AddPartitionsToTxn', () => broker.transactions.addPartitions(identity, [...placed.keys()]), HIDDEN);
    this.#registered = true;
    await this.#stalled();
    await this.#produce(topicMessages, identity, true);
  }

  async #sendOffsets({ consumerGroupId, topics }: Offsets): Promise<void> {
    const { broker } = this.#parts;
    const identity = this.#identity as ProducerIdentity;
    const offsets = topics.flatMap(({ topic, partitions }) => partitions.map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) })));
    this.#group = consumerGroupId;
    await this.#call('AddOffsetsToTxn', () => broker.transactions.addGroup(identity, consumerGroupId));
    this.#registered = true;
    await this.#call(`TxnOffsetCommit ${offsets.map((each) => `${nameOf(each)}@${each.offset}`).join()}`, () => {
      broker.transactions.checkEpoch(identity);
      broker.groups.commitInTransaction(consumerGroupId, identity.producerId, offsets);
    });
  }

  async #end(commit: boolean): Promise<void> {
    this.#state = commit ? 'committing' : 'aborting';
    if (this.#registered) {
      const identity = this.#identity as ProducerIdentity;
      await this.#call(`EndTxn ${commit ? 'commit' : 'abort'}`, async () => {
        if (commit) await this.#heldUp();
        this.#parts.broker.transactions.endTransaction(identity, commit);
      });
    }
    this.#state = 'ready';
  }

  /** Now and then the store is lost just now, and made anew before this goes on. */
  async #stalled(): Promise<void> {
    const { scheduler, chaos } = this.#parts;
    const ms = chaos.transactionStalled();
    if (ms > 0) await new Promise<void>((resolve) => scheduler.after(ms, scheduler.process, 'a transaction goes on', resolve));
  }

  /** Now and then the request stays on its way while the group gives the partition to another member. */
  async #heldUp(): Promise<void> {
    const { broker: { groups }, chaos } = this.#parts;
    const ms = this.#group === null ? 0 : chaos.commitHeldUp();
    if (this.#group === null || ms === 0) return;
    groups.disturb(this.#group);
    await groups.heldUp(this.#group, ms);
  }

  async #produce(topicMessages: TopicMessages[], identity: ProducerIdentity, transactional: boolean): Promise<void> {
    const placed = this.#placed(topicMessages);
    const appender = { ...identity, transactional };
    await this.#call('Produce', () => {
      for (const [log, records] of placed) log.append(records, appender);
    }, HIDDEN);
  }

  #placed(topicMessages: TopicMessages[]): Map<PartitionLog, Appended[]> {
    const placed = new Map<PartitionLog, Appended[]>();
    for (const { topic, messages } of topicMessages) {
      for (const message of messages) {
        const record = appendedOf(message);
        const log = this.#parts.broker.placeOf(topic, record.key, message.partition);
        const records = placed.get(log);
        if (records) records.push(record);
        else placed.set(log, [record]);
      }
    }
    return placed;
  }

  #call<T>(label: string, serve: () => T | Promise<T>, hidden = 0): Promise<T> {
    return this.#parts.network.call({ server: 'kafka', label, serve, lost: connectionLost, hidden });
  }

  /** As `#call`; where the transaction before is still ending, again a little later. */
  async #again<T>(label: string, serve: () => T, hidden: number): Promise<T> {
    const { scheduler } = this.#parts;
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#call(label, serve, hidden);
      } catch (error) {
        if (!isConcurrent(error) || tries === MOST_TRIES) throw error;
        await new Promise<void>((resolve) => scheduler.after(RETRY_MS, scheduler.process, `${label} again`, resolve));
      }
    }
  }
}

function appendedOf({ key = null, value, headers = {} }: Message): Appended {
  const bytes = (from: Buffer | string): Buffer => (typeof from === 'string' ? Buffer.from(from) : from);
  return {
    key: key === null ? null : bytes(key),
    value: value === null ? null : bytes(value),
    headers: Object.fromEntries(Object.entries(headers).flatMap(([name, text]) => (text === undefined ? [] : [[name, bytes(text as string)]]))),
  };
}
