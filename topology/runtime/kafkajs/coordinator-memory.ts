import { setTimeout as sleep } from 'node:timers/promises';

type NodeId = number | string;
interface Wanted { groupId: string; coordinatorType?: number }
type Step = (...request: unknown[]) => Promise<unknown>;
type Broker = { nodeId: NodeId } & { [step in (typeof STEPS)[number]]: Step };

export interface CoordinatedCluster {
  retry: unknown;
  refreshMetadataIfNecessary(): Promise<unknown>;
  findControllerBroker(): Promise<unknown>;
  findGroupCoordinator(wanted: Wanted): Promise<Broker>;
  findBroker(node: { nodeId: NodeId }): Promise<Broker>;
}
type CreateManager = (options: { cluster: CoordinatedCluster }) => unknown;

/** The steps of a transaction that a coordinator takes. */
const STEPS = ['initProducerId', 'addPartitionsToTxn', 'addOffsetsToTxn', 'txnOffsetCommit', 'endTxn'] as const;
/** The transaction before is still being ended. Only the right coordinator answers this, and has done nothing then. */
const STILL_ENDING = 'CONCURRENT_TRANSACTIONS';
/** The steps that a transaction begins with. Its end takes the brokers a few ms; left to kafkajs, each try would also fetch all metadata. */
const FIRST_STEPS: readonly string[] = ['addPartitionsToTxn', 'addOffsetsToTxn'];
const TRIES = 12;
const PAUSE_MS = 1;

/**
 * Lets a producer ask once who coordinates its transactions and its group, and again after any error. The stock manager asks before each
 * step, four times a transaction. Without that wait the next transaction often comes before the last one has ended, so its first step is tried
 * again here.
 */
export function rememberingCoordinators(create: CreateManager): CreateManager {
  return (options) => create({ ...options, cluster: remembering(options.cluster) });
}

/** What the manager uses of a cluster. */
function remembering(cluster: CoordinatedCluster): CoordinatedCluster {
  const known = new Map<string, NodeId>();
  return {
    retry: cluster.retry,
    refreshMetadataIfNecessary: () => cluster.refreshMetadataIfNecessary(),
    findControllerBroker: () => cluster.findControllerBroker(),
    findBroker: (node) => cluster.findBroker(node),
    async findGroupCoordinator(wanted) {
      const key = `${wanted.coordinatorType ?? 0} ${wanted.groupId}`;
      const forget = () => void known.delete(key);
      const nodeId = known.get(key);
      // Found anew each time: that connects again where the connection was lost.
      const remembered = nodeId === undefined ? undefined : await cluster.findBroker({ nodeId }).catch(forget);
      const broker = remembered ?? (await cluster.findGroupCoordinator(wanted));
      known.set(key, broker.nodeId);
      return forgettingAtErrors(broker, forget);
    },
  };
}

function forgettingAtErrors(broker: Broker, forget: () => void): Broker {
  const guard = (step: (typeof STEPS)[number]): Step => async (...request) => {
    for (let left = FIRST_STEPS.includes(step) ? TRIES : 1; ; ) {
      try {
        return await broker[step](...request);
      } catch (error) {
        const isStillEnding = (error as { type?: unknown }).type === STILL_ENDING;
        if (!isStillEnding) forget();
        left -= 1;
        if (!isStillEnding || left === 0) throw error;
      }
      await sleep(PAUSE_MS);
    }
  };
  return { nodeId: broker.nodeId, ...Object.fromEntries(STEPS.map((step) => [step, guard(step)])) } as Broker;
}
