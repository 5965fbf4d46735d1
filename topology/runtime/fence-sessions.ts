import type { FlowNode } from '../define.ts';
import { inputsOf } from '../topics.ts';
import { type Kafka, TRANSACTION_TIMEOUT_MS } from './kafka.ts';
import { type KafkaCluster, partitionsOf, patiently, TRANSACTIONS, withCluster } from './kafka-cluster.ts';
import { inLanes } from './key-lanes.ts';
import { transactionalIdOf } from './partition-transactions.ts';

export interface FencedSessions {
  nodes: readonly FlowNode[];
  /** Prefix of transactional ids. */
  environment: string;
}

/** Requests under way at once. */
const AT_ONCE = 32;

/**
 * Ends the transactions that sessions of the nodes have open, in whatever process, and keeps them from committing anything more under what they
 * hold: each has to begin anew, and then looks at Redis again. Resolves when whatever they had committed can be read.
 */
export async function fenceSessions(kafka: Kafka, { nodes, environment }: FencedSessions): Promise<void> {
  const topics = nodes.flatMap(inputsOf);
  if (topics.length === 0) return;
  await withCluster(kafka, [...new Set(topics)], async (cluster) => {
    const ids = nodes.flatMap((node) =>
      inputsOf(node).flatMap((topic) => partitionsOf(cluster, topic).map(({ partitionId }) => transactionalIdOf(environment, node, topic, partitionId))),
    );
    await inLanes(ids, (id) => id, AT_ONCE, (id) => fence(cluster, id));
  });
}

/** A coordinator answers only once the transaction that was open is ended. */
const fence = (cluster: KafkaCluster, transactionalId: string): Promise<unknown> =>
  patiently(cluster, async () => {
    const coordinator = await cluster.findGroupCoordinator({ groupId: transactionalId, coordinatorType: TRANSACTIONS });
    await coordinator.initProducerId({ transactionalId, transactionTimeout: TRANSACTION_TIMEOUT_MS });
  });
