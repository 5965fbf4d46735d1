import fc from 'fast-check';
import { expect, it } from 'vitest';
import { messagesByPartition } from '../../../../topology/runtime/kafkajs/messages-by-partition.ts';
import { kafkajsModule } from '../../../../topology/runtime/kafkajs-patches.ts';
import { stockModule } from './stock-module.ts';

const GROUP = 'src/producer/groupMessagesPerPartition.js';
const stock = stockModule<typeof messagesByPartition>(GROUP);

it('gives each partition its messages in order, as the stock function does', () => {
  expect(kafkajsModule(GROUP)).toBe(messagesByPartition);
  fc.assert(
    fc.property(fc.array(fc.nat(4)), (partitions) => {
      const grouping = {
        topic: 't', partitionMetadata: [{}], messages: partitions.map((partition, index) => ({ partition, index })),
        partitioner: ({ message }: { message: { partition: number } }) => message.partition,
      };
      expect(messagesByPartition(grouping)).toEqual(stock(grouping));
    }),
  );
});

it('gives nothing for a topic without partitions', () => {
  const grouping = { topic: 't', partitionMetadata: [], messages: [{}], partitioner: () => 0 };
  expect(messagesByPartition(grouping)).toEqual({});
});
