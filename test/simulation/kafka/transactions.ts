import type { Random } from '../random.ts';
import type { Scheduler } from '../scheduler.ts';
import type { Coverage } from '../coverage.ts';
import { brokerError } from './errors.ts';
import type { ConsumerGroups } from './groups.ts';
import type { PartitionLog } from './partition-log.ts';

export interface ProducerIdentity {
  producerId: number;
  epoch: number;
}

interface TransactionalId extends ProducerIdentity {
  state: 'empty' | 'ongoing' | 'ending';
  timeoutMs: number;
  partitions: Set<PartitionLog>;
  groups: Set<string>;
  /** Counts transactions, so that a timeout knows its own. */
  number: number;
  /** How the newest transaction ended: the same wish again is granted again. */
  committed: boolean | null;
}

/** The transaction coordinator: one state a transactional id, fenced by epochs. Markers reach partitions one by one and late. */
export class TransactionCoordinator {
  readonly #ids = new Map<string, TransactionalId>();
  readonly #byProducer = new Map<number, TransactionalId>();
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #groups: ConsumerGroups;
  readonly #coverage: Coverage;
  #nextProducerId = 1_000;

  constructor(options: { scheduler: Scheduler; random: Random; groups: ConsumerGroups; coverage: Coverage }) {
    this.#scheduler = options.scheduler;
    this.#random = options.random;
    this.#groups = options.groups;
    this.#coverage = options.coverage;
  }

  get open(): string[] {
    return [...this.#ids].filter(([, { state }]) => state !== 'empty').map(([id]) => id);
  }

  /** An id of its own, for a producer without transactions. */
  newProducerId(): ProducerIdentity {
    this.#nextProducerId += 1;
    return { producerId: this.#nextProducerId, epoch: 0 };
  }

  /** Fences all who held the id before. CONCURRENT_TRANSACTIONS until what they left is ended. */
  initProducerId(transactionalId: string, timeoutMs: number): ProducerIdentity {
    const known = this.#ids.get(transactionalId);
    if (!known) {
      const fresh: TransactionalId = { ...this.newProducerId(), state: 'empty', timeoutMs, partitions: new Set(), groups: new Set(), number: 0, committed: null };
      this.#ids.set(transactionalId, fresh);
      this.#byProducer.set(fresh.producerId, fresh);
      return { producerId: fresh.producerId, epoch: fresh.epoch };
    }
    if (known.state === 'ongoing') {
      this.#coverage.saw('transaction aborted by a successor');
      known.epoch += 1;
      this.#end(known, false);
    }
    if (known.state === 'ending') throw brokerError('CONCURRENT_TRANSACTIONS');
    known.epoch += 1;
    known.committed = null;
    return { producerId: known.producerId, epoch: known.epoch };
  }

  addPartitions(producer: ProducerIdentity, partitions: readonly PartitionLog[]): void {
    const id = this.#begin(producer);
    for (const partition of partitions) id.partitions.add(partition);
  }

  addGroup(producer: ProducerIdentity, group: string): void {
    this.#begin(producer).groups.add(group);
  }

  /** Whether the epoch may still write offsets inside its transaction. */
  checkEpoch(producer: ProducerIdentity): void {
    this.#current(producer);
  }

  endTransaction(producer: ProducerIdentity, commit: boolean): void {
    const id = this.#current(producer);
    if (id.state === 'ongoing') this.#end(id, commit);
    else if (id.committed !== commit) throw brokerError('INVALID_TXN_STATE');
    else if (id.state === 'ending') throw brokerError('CONCURRENT_TRANSACTIONS');
  }

  #current(producer: ProducerIdentity): TransactionalId {
    const id = this.#byProducer.get(producer.producerId);
    if (!id) throw brokerError('INVALID_TXN_STATE');
    if (id.epoch === producer.epoch) return id;
    this.#coverage.saw('producer fenced');
    throw brokerError('INVALID_PRODUCER_EPOCH');
  }

  #begin(producer: ProducerIdentity): TransactionalId {
    const id = this.#current(producer);
    if (id.state === 'ending') throw brokerError('CONCURRENT_TRANSACTIONS');
    if (id.state === 'ongoing') return id;
    id.state = 'ongoing';
    id.number += 1;
    const { number } = id;
    this.#scheduler.after(id.timeoutMs, null, `transaction of producer ${id.producerId} is too old`, () => {
      if (id.state !== 'ongoing' || id.number !== number) return;
      this.#coverage.saw('transaction timed out');
      id.epoch += 1;
      this.#end(id, false);
    });
    return id;
  }

  /** The outcome stands from here on; every partition learns of it in its own time. */
  #end(id: TransactionalId, committed: boolean): void {
    id.state = 'ending';
    id.committed = committed;
    if (!committed) this.#coverage.saw('transaction aborted');
    const { producerId, epoch } = id;
    const markers = [
      ...[...id.partitions].map((log) => [`${log.topic}/${log.partition}`, () => log.mark(producerId, epoch, committed)] as const),
      ...[...id.groups].map((group) => [group, () => this.#groups.endTransaction(group, producerId, committed)] as const),
    ];
    id.partitions = new Set();
    id.groups = new Set();
    let left = markers.length;
    const slow = this.#random.chance(0.05);
    const outcome = committed ? 'commit' : 'abort';
    for (const [name, write] of markers) {
      this.#scheduler.after(slow ? this.#random.between(1, 400) : this.#random.between(0.1, 4), null, `${outcome} marker of ${producerId} to ${name}`, () => {
        write();
        left -= 1;
        if (left === 0) id.state = 'empty';
      });
    }
    if (left === 0) id.state = 'empty';
  }
}
