import type { FlowNode } from '../define.ts';
import { groupOf } from '../topics.ts';
import type { OutgoingRecord } from './dead-letter.ts';
import { failpoint, failpointBefore, isArmed } from './failpoint.ts';
import { sendOffsets, transactionalProducer, type Admin, type Kafka, type Producer } from './kafka.ts';

export interface TransactionDeps {
  kafka: Kafka;
  admin: Admin;
  /** Prefix of transactional ids: separates environments that share a cluster. */
  environment: string;
}

/** Under which whoever owns the partition of the node's input topic writes. */
export const transactionalIdOf = (environment: string, node: FlowNode, topic: string, partition: number): string =>
  `${environment}.${groupOf(node.name)}.${topic}.${partition}`;

/**
 * The transactions of one partition of a node's input topic: results and the group's offset together, under a transactional id that whoever
 * owns the partition uses. After any doubt about one, `drop`: opening the next fences it.
 */
export class PartitionTransactions {
  readonly #node: FlowNode;
  readonly #topic: string;
  readonly #partition: number;
  readonly #deps: TransactionDeps;
  #producer: Producer | null = null;

  constructor(node: FlowNode, topic: string, partition: number, deps: TransactionDeps) {
    this.#node = node;
    this.#topic = topic;
    this.#partition = partition;
    this.#deps = deps;
  }

  get isOpen(): boolean {
    return this.#producer !== null;
  }

  /** Fences whoever wrote for this partition before. */
  async open(): Promise<void> {
    const { name } = this.#node;
    const id = transactionalIdOf(this.#deps.environment, this.#node, this.#topic, this.#partition);
    const producer = transactionalProducer(this.#deps.kafka, id);
    await producer.connect();
    if (isArmed(`${name}.partitions-added`)) onPartitionsAdded(producer, () => failpoint(`${name}.partitions-added`));
    this.#producer = producer;
    const transaction = await producer.transaction();
    await transaction.abort();
  }

  /** Where the group stands; null where it has read nothing. */
  async committedOffset(): Promise<bigint | null> {
    const answers = await this.#deps.admin.fetchOffsets({ groupId: groupOf(this.#node.name), topics: [this.#topic] });
    const offset = answers[0]?.partitions.find(({ partition }) => partition === this.#partition)?.offset;
    return offset === undefined || offset === '-1' ? null : BigInt(offset);
  }

  /** `next`: offset after the last record that led to these; `now`: ms, the time of all of them. */
  async commit(outgoing: readonly OutgoingRecord[], next: bigint, now: number): Promise<void> {
    const { name } = this.#node;
    const transaction = await (this.#producer as Producer).transaction();
    await transaction.sendBatch({ topicMessages: byTopic(outgoing, now), acks: -1 });
    failpoint(`${name}.produced`);
    await sendOffsets(transaction, {
      consumerGroupId: groupOf(name),
      topics: [{ topic: this.#topic, partitions: [{ partition: this.#partition, offset: next.toString() }] }],
    });
    failpoint(`${name}.offsets`);
    await failpointBefore(`${name}.end-sent`, transaction.commit());
  }

  drop(): void {
    void this.close();
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    await producer?.disconnect().catch(() => undefined);
  }
}

/** Between the answer of a transaction's first step and what kafkajs does next. */
function onPartitionsAdded(producer: Producer, passed: () => void): void {
  producer.on(producer.events.REQUEST, ({ payload }) => {
    if (payload.apiName === 'AddPartitionsToTxn') passed();
  });
}

/** All with one time: left out, kafkajs takes the machine's, which brokers refuse where it is an hour ahead. */
function byTopic(records: readonly OutgoingRecord[], now: number) {
  const timestamp = String(now);
  const topics = new Map<string, { key: Buffer | string | null; value: Buffer | null; headers: Record<string, string>; partition?: number; timestamp: string }[]>();
  for (const { topic, ...record } of records) {
    const message = { ...record, timestamp };
    const messages = topics.get(topic);
    if (messages) messages.push(message);
    else topics.set(topic, [message]);
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }));
}
