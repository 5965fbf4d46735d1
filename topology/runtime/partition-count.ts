import type { Admin } from './kafka.ts';
import { ProvisionFault } from './provision-fault.ts';

/**
 * An order's events must stay in one partition: the count is settled when a topic is made. Throws ProvisionFault where the topics, all of
 * which are there, have another than is configured.
 */
export async function checkPartitions(admin: Pick<Admin, 'fetchTopicMetadata'>, topics: readonly { name: string; partitions: number }[]): Promise<void> {
  if (topics.length === 0) return;
  const found = await admin.fetchTopicMetadata({ topics: topics.map(({ name }) => name) });
  const counts = new Map(found.topics.map(({ name, partitions }) => [name, partitions.length]));
  const faults = topics.flatMap(({ name, partitions }) => {
    const count = counts.get(name);
    return count === partitions ? [] : [`Topic ${name} has ${count} partitions, but ${partitions} are configured: set IAROS_PARTITIONS to ${count}, or start with fresh data.`];
  });
  if (faults.length > 0) throw new ProvisionFault(faults);
}
