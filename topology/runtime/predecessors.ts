import { readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { messageOf } from './errors.ts';
import type { Kafka } from './kafka.ts';
import { type KafkaCluster, withCluster } from './kafka-cluster.ts';
import { identify, isAlive } from './process-identity.ts';

const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const PID_NAMESPACE = '/proc/self/ns/pid';
/** Longer than this it is not worth waiting for: the sessions time out meanwhile. */
const PATIENCE_MS = 3_000;

/** What a group's coordinator can beside what other readers use of it. */
interface GroupCoordinator {
  /** No members where there is no such group. */
  describeGroups(request: { groupIds: readonly string[] }): Promise<{ groups: { members: { memberId: string; clientId: string }[] }[] }>;
  /** As the member itself would: the group shares its partitions out anew at once. */
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>;
}

/** Where a pid means the same process: one boot of a machine, one pid namespace. Null where the system does not say. */
function whereabouts(): string | null {
  try {
    return `${readFileSync(BOOT_ID, 'utf8').slice(0, 8)}-${readlinkSync(PID_NAMESPACE).replace(/\D/g, '')}`;
  } catch {
    return null;
  }
}

const HERE = whereabouts();
const SELF = identify(process.pid);

/** What this process calls itself in its consumer groups: `<service>.<machine>.<pid>.<start of the process>`. */
export const memberClientId = (service: string): string => (HERE && SELF ? `${service}.${HERE}.${SELF.pid}.${SELF.born}` : service);

/** Whether the member of that client id was a process of this machine that is no more. */
export function isDeparted(clientId: string): boolean {
  const [, here, pid, born] = /\.([0-9a-f]+-\d+)\.(\d+)\.(\d+)$/.exec(clientId) ?? [];
  return here !== undefined && here === HERE && !isAlive({ pid: Number(pid), born: born as string });
}

/**
 * A member that was killed keeps its partitions until its session times out. Whoever takes its place on the same machine can know better:
 * lets members leave whose processes are gone. Fencing does not rest on it, and a group that cannot be asked is left to time out.
 */
export async function departPredecessors(kafka: Kafka, groupIds: readonly string[], log: Logger): Promise<void> {
  const asking = withCluster(kafka, [], (cluster) => Promise.all(groupIds.map((groupId) => departFrom(cluster, groupId))));
  const told = asking.then(
    (departed) => {
      const groups = groupIds.filter((_, index) => departed[index]);
      if (groups.length > 0) log.info({ groups }, 'members whose processes are gone have left');
    },
    (error: unknown) => log.debug({ reason: messageOf(error) }, 'members whose processes are gone are left to time out'),
  );
  await Promise.race([told, sleep(PATIENCE_MS, undefined, { ref: false })]);
}

async function departFrom(cluster: KafkaCluster, groupId: string): Promise<boolean> {
  const coordinator = (await cluster.findGroupCoordinator({ groupId })) as unknown as GroupCoordinator;
  const { groups } = await coordinator.describeGroups({ groupIds: [groupId] });
  const departed = groups.flatMap(({ members }) => members).filter(({ clientId }) => isDeparted(clientId));
  for (const { memberId } of departed) await coordinator.leaveGroup({ groupId, memberId });
  return departed.length > 0;
}
