interface Grouping<M> {
  topic: string;
  partitionMetadata: unknown[];
  messages: M[];
  partitioner: (choice: { topic: string; partitionMetadata: unknown[]; message: M }) => number;
}

/** The messages of each partition, in order. The stock function copies a partition's messages for each one it adds. */
export function messagesByPartition<M>({ topic, partitionMetadata, messages, partitioner }: Grouping<M>): Record<number, M[]> {
  const grouped: Record<number, M[]> = {};
  if (partitionMetadata.length === 0) return grouped;
  for (const message of messages) {
    const partition = partitioner({ topic, partitionMetadata, message });
    (grouped[partition] ??= []).push(message);
  }
  return grouped;
}
