import { murmur2 } from '../../../topology/runtime/kafkajs/murmur2.ts';
import type { Coverage } from '../coverage.ts';
import type { Random } from '../random.ts';
import type { Scheduler } from '../scheduler.ts';
import { ConsumerGroups } from './groups.ts';
import { PartitionLog } from './partition-log.ts';
import { TransactionCoordinator } from './transactions.ts';

export interface BrokerOptions {
  scheduler: Scheduler;
  random: Random;
  coverage: Coverage;
  topics: readonly { name: string; partitions: number }[];
}

/** A cluster of one broker: partitions, transactions, groups. */
export class Broker {
  readonly groups: ConsumerGroups;
  readonly transactions: TransactionCoordinator;
  readonly #topics: Map<string, PartitionLog[]>;
  readonly #watchers = new Set<(log: PartitionLog) => void>();

  constructor({ scheduler, random, coverage, topics }: BrokerOptions) {
    this.#topics = new Map(topics.map(({ name, partitions }) => [
      name, Array.from({ length: partitions }, (_, partition) => new PartitionLog(name, partition, () => scheduler.now)),
    ]));
    for (const log of this.logs()) log.onStable = () => this.#tellWatchers(log);
    this.groups = new ConsumerGroups({ scheduler, random, coverage, partitionsOf: (topic) => this.partitionsOf(topic).length });
    this.transactions = new TransactionCoordinator({ scheduler, random, coverage, groups: this.groups });
  }

  partitionsOf(topic: string): readonly PartitionLog[] {
    const partitions = this.#topics.get(topic);
    if (!partitions) throw new Error(`topic ${topic} does not exist`);
    return partitions;
  }

  log(topic: string, partition: number): PartitionLog {
    const log = this.partitionsOf(topic)[partition];
    if (!log) throw new Error(`topic ${topic} has no partition ${partition}`);
    return log;
  }

  *logs(): Generator<PartitionLog> {
    for (const partitions of this.#topics.values()) yield* partitions;
  }

  /** Where a record belongs: by its own word, or by its key as Java clients do it. */
  placeOf(topic: string, key: Buffer | null, partition: number | undefined): PartitionLog {
    const partitions = this.partitionsOf(topic);
    return this.log(topic, partition ?? (key ? (murmur2(key) & 0x7fffffff) % partitions.length : 0));
  }

  /** Calls whenever committed records may have come. Answers how to stop that. */
  watch(onStable: (log: PartitionLog) => void): () => void {
    this.#watchers.add(onStable);
    return () => void this.#watchers.delete(onStable);
  }

  #tellWatchers(log: PartitionLog): void {
    for (const watcher of this.#watchers) watcher(log);
  }
}
