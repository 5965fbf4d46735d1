import { expect, it } from 'vitest';
import { type CoordinatedCluster, rememberingCoordinators } from '../../../../topology/runtime/kafkajs/coordinator-memory.ts';
import { kafkajsModule } from '../../../../topology/runtime/kafkajs-patches.ts';
import { stockModule } from './stock-module.ts';

interface Manager {
  initProducerId(): Promise<void>;
  beginTransaction(): void;
  addPartitionsToTransaction(topicData: { topic: string; partitions: { partition: number }[] }[]): Promise<void>;
  sendOffsets(offsets: { consumerGroupId: string; topics: object[] }): Promise<void>;
  commit(): Promise<void>;
}
type Create = (options: object) => Manager;
const EOS_MANAGER = 'src/producer/eosManager/index.js';
const TRANSACTION = 1;

const typed = (type: string): Error => Object.assign(new Error(type), { type });

/** Brokers 1 and 2, of which one coordinates all; a broker that does not, and one told to, answers with an error. Notes what is asked. */
class FakeCluster {
  readonly retry = { initialRetryTime: 1, factor: 0, multiplier: 1, maxRetryTime: 1, retries: 3 };
  coordinator = 1;
  gone = new Set<number>();
  refusals: string[] = [];
  asked: string[] = [];
  steps: string[] = [];
  ofController = 0;

  async refreshMetadataIfNecessary(): Promise<void> {}

  async findControllerBroker(): Promise<unknown> {
    this.ofController += 1;
    return this.#broker(1);
  }

  async findGroupCoordinator({ groupId, coordinatorType }: { groupId: string; coordinatorType: number }): Promise<unknown> {
    this.asked.push(`${coordinatorType === TRANSACTION ? 'transaction' : 'group'} ${groupId}`);
    return this.#broker(this.coordinator);
  }

  async findBroker({ nodeId }: { nodeId: number }): Promise<unknown> {
    if (this.gone.has(nodeId)) throw typed('gone');
    return this.#broker(nodeId);
  }

  #broker(nodeId: number): object {
    const step = (name: string) => async () => {
      const refusal = this.refusals.shift();
      if (refusal) throw typed(refusal);
      if (nodeId !== this.coordinator) throw typed('NOT_COORDINATOR_FOR_GROUP');
      this.steps.push(`${name} ${nodeId}`);
      return { producerId: '5', producerEpoch: 0 };
    };
    const names = ['initProducerId', 'addPartitionsToTxn', 'addOffsetsToTxn', 'txnOffsetCommit', 'endTxn'];
    return { nodeId, ...Object.fromEntries(names.map((name) => [name, step(name)])) };
  }
}

const log = { debug: () => undefined, error: () => undefined, warn: () => undefined, info: () => undefined };
const managerOf = (create: Create, cluster: FakeCluster): Manager =>
  create({ logger: { ...log, namespace: () => log }, cluster, transactional: true, transactionalId: 'tx' });

const create = kafkajsModule<Create>(EOS_MANAGER);
const stock = stockModule<Create>(EOS_MANAGER);
const partitions = [{ topic: 't', partitions: [{ partition: 0 }] }];
const offsets = { consumerGroupId: 'g', topics: [] };

async function transact(manager: Manager): Promise<void> {
  manager.beginTransaction();
  await manager.addPartitionsToTransaction(partitions);
  await manager.sendOffsets(offsets);
  await manager.commit();
}

async function opened(make: Create = create): Promise<{ cluster: FakeCluster; manager: Manager }> {
  const cluster = new FakeCluster();
  const manager = managerOf(make, cluster);
  await manager.initProducerId();
  return { cluster, manager };
}

it('a producer asks once who coordinates its transactions and its group; the stock one asks four times a transaction', async () => {
  const { cluster, manager } = await opened();
  await transact(manager);
  await transact(manager);
  expect(cluster.asked).toEqual(['transaction tx', 'group g']);
  const steps = ['addPartitionsToTxn 1', 'addOffsetsToTxn 1', 'txnOffsetCommit 1', 'endTxn 1'];
  expect(cluster.steps).toEqual(['initProducerId 1', ...steps, ...steps]);

  const asPublished = await opened(stock);
  await transact(asPublished.manager);
  await transact(asPublished.manager);
  expect(asPublished.cluster.asked).toHaveLength(9);
  expect(asPublished.cluster.steps).toEqual(cluster.steps);
});

it('asks again once a broker answers that it is not the coordinator', async () => {
  const { cluster, manager } = await opened();
  await transact(manager);
  cluster.coordinator = 2;
  manager.beginTransaction();
  await expect(manager.addPartitionsToTransaction(partitions)).rejects.toMatchObject({ type: 'NOT_COORDINATOR_FOR_GROUP' });
  cluster.asked = [];
  cluster.steps = [];
  await manager.addPartitionsToTransaction(partitions);
  expect(cluster.asked).toEqual(['transaction tx']);
  await expect(manager.sendOffsets(offsets)).rejects.toThrow('NOT_COORDINATOR_FOR_GROUP');
  await manager.sendOffsets(offsets);
  await manager.commit();
  expect(cluster.asked).toEqual(['transaction tx', 'group g']);
  expect(cluster.steps).toEqual(['addPartitionsToTxn 2', 'addOffsetsToTxn 2', 'addOffsetsToTxn 2', 'txnOffsetCommit 2', 'endTxn 2']);
});

it.each(['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE'])('the group coordinator is asked for again where kafkajs does so itself: %s', async (type) => {
  const { cluster, manager } = await opened();
  await transact(manager);
  cluster.asked = [];
  manager.beginTransaction();
  await manager.addPartitionsToTransaction(partitions);
  cluster.refusals = ['', type];
  await manager.sendOffsets(offsets);
  expect(cluster.asked).toEqual(['group g']);
});

it.each(['REQUEST_TIMED_OUT', 'INVALID_PRODUCER_EPOCH'])('asks again after any other error: %s', async (type) => {
  const { cluster, manager } = await opened();
  await transact(manager);
  cluster.asked = [];
  manager.beginTransaction();
  cluster.refusals = [type];
  await expect(manager.addPartitionsToTransaction(partitions)).rejects.toMatchObject({ type });
  await manager.addPartitionsToTransaction(partitions);
  expect(cluster.asked).toEqual(['transaction tx']);
});

it('waits for the transaction before to end, of the same coordinator', async () => {
  const { cluster, manager } = await opened();
  await transact(manager);
  cluster.asked = [];
  cluster.steps = [];
  manager.beginTransaction();
  cluster.refusals = ['CONCURRENT_TRANSACTIONS', 'CONCURRENT_TRANSACTIONS', '', 'CONCURRENT_TRANSACTIONS'];
  await manager.addPartitionsToTransaction(partitions);
  await manager.sendOffsets(offsets);
  expect(cluster.steps).toEqual(['addPartitionsToTxn 1', 'addOffsetsToTxn 1', 'txnOffsetCommit 1']);
  expect(cluster.asked).toEqual([]);
});

it('leaves a transaction that does not end to the caller', async () => {
  const { cluster, manager } = await opened();
  manager.beginTransaction();
  cluster.refusals = Array.from({ length: 100 }, () => 'CONCURRENT_TRANSACTIONS');
  await expect(manager.addPartitionsToTransaction(partitions)).rejects.toMatchObject({ type: 'CONCURRENT_TRANSACTIONS' });
  expect(cluster.refusals.length).toBeGreaterThan(50);
});

it('asks again when the broker it remembers is gone', async () => {
  const { cluster, manager } = await opened();
  cluster.coordinator = 2;
  cluster.gone.add(1);
  cluster.asked = [];
  await transact(manager);
  expect(cluster.asked).toEqual(['transaction tx', 'group g']);
  expect(cluster.steps.at(-1)).toBe('endTxn 2');
});

it('a producer without transactions takes its id from the controller', async () => {
  const cluster = new FakeCluster();
  await create({ logger: { ...log, namespace: () => log }, cluster, transactional: false }).initProducerId();
  expect([cluster.ofController, cluster.asked]).toEqual([1, []]);
});

it('each producer remembers for itself', async () => {
  const cluster = new FakeCluster();
  const remembering = rememberingCoordinators((options) => options.cluster) as (options: object) => CoordinatedCluster;
  await remembering({ cluster }).findGroupCoordinator({ groupId: 'g' });
  await remembering({ cluster }).findGroupCoordinator({ groupId: 'g' });
  expect(cluster.asked).toHaveLength(2);
});
