import { groupConsumer, connectKafka } from '../../../topology/runtime/kafka.ts';
import { createLog } from '../../../topology/runtime/log.ts';

/** Reads partition 0 as a group member, 1 KiB a fetch, up to the record with the key `end`; prints the values before it as a JSON array. */
const [brokers = '', topic = '', groupId = ''] = process.argv.slice(2);
const kafka = connectKafka({ brokers: brokers.split(','), clientId: 'read-committed', log: createLog('read-committed', 'fatal') });
const consumer = groupConsumer(kafka, { groupId, maxBytesPerPartition: 1024 });
const values: string[] = [];
const ended = Promise.withResolvers<void>();
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
await consumer.run({
  autoCommit: false,
  eachMessage: async ({ message }) => {
    if (message.key?.toString() === 'end') ended.resolve();
    else values.push(String(message.value));
  },
});
await ended.promise;
await consumer.disconnect();
console.log(JSON.stringify(values));
