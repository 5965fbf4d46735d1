import { createLog } from '../../../topology/runtime/log.ts';
import { connectKafka, groupConsumer } from '../../../topology/runtime/kafka.ts';
import { memberClientId } from '../../../topology/runtime/predecessors.ts';

/** A process that joins a group, says so on its standard output, and stays. Arguments: brokers, group, topic. */
const [brokers = '', groupId = '', topic = ''] = process.argv.slice(2);
const kafka = connectKafka({ brokers: brokers.split(','), clientId: memberClientId('test'), log: createLog('test', 'silent') });
const consumer = groupConsumer(kafka, { groupId });
consumer.on(consumer.events.GROUP_JOIN, () => process.stdout.write('joined\n'));
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
await consumer.run({ eachBatch: async () => undefined });
