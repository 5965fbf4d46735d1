import { adoptKafka, type Admin, type Consumer, type Kafka, type Producer } from '../../../topology/runtime/kafka.ts';
import type { FetchedPartition, KafkaBroker, KafkaCluster } from '../../../topology/runtime/kafka-cluster.ts';
import type { Chaos } from '../chaos.ts';
import type { Network } from '../network.ts';
import type { Random } from '../random.ts';
import type { Scheduler } from '../scheduler.ts';
import type { Coverage } from '../coverage.ts';
import type { Broker } from './broker.ts';
import { SimulatedConsumer, type ConsumerOptions } from './consumer.ts';
import { connectionLost } from './errors.ts';
import { SimulatedProducer, type ProducerOptions } from './producer.ts';

/** What a client of one process is made of. */
export interface ClientParts {
  chaos: Chaos;
  broker: Broker;
  network: Network;
  scheduler: Scheduler;
  random: Random;
  coverage: Coverage;
}

/** kafkajs gives the factory of its clusters under a symbol of this name. */
const CREATE_CLUSTER = Symbol('private:Kafka:createCluster');
const FETCH_LIMIT = 200;

/** A client of the simulated broker for the process that is running, with the members of kafkajs's own that the product uses. */
export function simulatedKafka(parts: ClientParts): Kafka {
  const client = {
    producer: (options: ProducerOptions) => new SimulatedProducer(parts, options) as unknown as Producer,
    consumer: (options: ConsumerOptions) => new SimulatedConsumer(parts, options) as unknown as Consumer,
    admin: () => simulatedAdmin(parts) as unknown as Admin,
    [CREATE_CLUSTER]: () => simulatedCluster(parts),
  };
  return adoptKafka(client as unknown as Kafka);
}

function simulatedAdmin({ broker, network }: ClientParts) {
  const ask = <T>(label: string, serve: () => T): Promise<T> => network.call({ server: 'kafka', label, serve, lost: connectionLost });
  return {
    connect: async () => undefined,
    disconnect: async () => undefined,
    fetchTopicMetadata: ({ topics }: { topics: string[] }) =>
      ask('Metadata', () => ({ topics: topics.map((name) => ({ name, partitions: broker.partitionsOf(name).map(({ partition }) => ({ partitionId: partition, leader: 0 })) })) })),
    fetchOffsets: ({ groupId, topics }: { groupId: string; topics: string[] }) =>
      ask(`OffsetFetch ${groupId}`, () => {
        const found = topics.map((topic) => ({
          topic,
          partitions: broker.partitionsOf(topic).map(({ partition }) => {
            const offset = broker.groups.committed(groupId, { topic, partition });
            return { partition, offset: String(offset ?? -1), metadata: null };
          }),
        }));
        broker.groups.told(groupId);
        return found;
      }),
    fetchTopicOffsets: (topic: string) =>
      ask(`ListOffsets ${topic}`, () => broker.partitionsOf(topic).map(({ partition, end }) => ({ partition, offset: String(end), high: String(end), low: '0' }))),
  };
}

/** What the product's own readers use beneath kafkajs's consumer. */
function simulatedCluster({ broker, network, scheduler }: ClientParts): KafkaCluster {
  const ask = <T>(label: string, serve: () => T | Promise<T>): Promise<T> => network.call({ server: 'kafka', label, serve, lost: connectionLost, hidden: 0.5 });
  const fetch = (topics: Parameters<KafkaBroker['fetch']>[0]['topics']) =>
    topics.map(({ topic, partitions }) => ({
      topicName: topic,
      partitions: partitions.map(({ partition, fetchOffset }): FetchedPartition => broker.log(topic, partition).fetch(Number(fetchOffset), FETCH_LIMIT)),
    }));
  const node: KafkaBroker = {
    async fetch({ topics, maxWaitTime }) {
      return ask('Fetch by a reader', async () => {
        const found = fetch(topics);
        if (found.some(({ partitions }) => partitions.some(({ messages }) => messages.length > 0))) return { responses: found };
        await new Promise<void>((resolve) => scheduler.after(maxWaitTime, null, 'a fetch has waited', resolve));
        return { responses: fetch(topics) };
      });
    },
    listOffsets: ({ topics }) =>
      ask('ListOffsets by a reader', () => ({
        responses: topics.map(({ topic, partitions }) => ({
          topic, partitions: partitions.map(({ partition, timestamp }) => ({ partition, offset: timestamp === '-2' ? '0' : String(broker.log(topic, partition).end) })),
        })),
      })),
    offsetFetch: ({ groupId, topics }) =>
      ask('OffsetFetch by a reader', () => ({
        responses: topics.map(({ topic, partitions }) => ({
          topic, partitions: partitions.map(({ partition }) => ({ partition, offset: String(broker.groups.committed(groupId, { topic, partition }) ?? -1) })),
        })),
      })),
    initProducerId: ({ transactionalId, transactionTimeout }) =>
      ask(`InitProducerId ${transactionalId} by a rebuild`, () => broker.transactions.initProducerId(transactionalId, transactionTimeout)),
  };
  return {
    connect: async () => undefined,
    disconnect: async () => undefined,
    addMultipleTargetTopics: async () => undefined,
    refreshMetadata: async () => undefined,
    findTopicPartitionMetadata: (topic) => broker.partitionsOf(topic).map(({ partition }) => ({ partitionId: partition, leader: 0 })),
    findBroker: async () => node,
    findGroupCoordinator: async () => node,
    removeBroker: () => undefined,
  };
}
