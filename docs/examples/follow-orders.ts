// Follows what becomes of orders: node docs/examples/follow-orders.ts
// Needs the packages kafkajs and @kafkajs/confluent-schema-registry, and nothing else of this repository.
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import kafkajs from 'kafkajs';

const brokers = (process.env.KAFKA_BROKERS ?? '127.0.0.1:19092').split(',');
const host = process.env.SCHEMA_REGISTRY_URL ?? 'http://127.0.0.1:18081/apis/ccompat/v7';
const topics = ['orders.received.v1', 'orders.fulfilled.v1', 'orders.cancelled.v1', 'orders.refunded.v1'];

const registry = new SchemaRegistry({ host });
const kafka = new kafkajs.Kafka({ brokers, clientId: 'order-follower', logLevel: kafkajs.logLevel.ERROR });
// Committed records only: that is what this option means.
const consumer = kafka.consumer({ groupId: process.env.GROUP ?? 'order-follower', readUncommitted: false });

/** Newest version seen of each order. A real consumer keeps it beside its own data, and changes both in one transaction. */
const seen = new Map<string, number>();

await consumer.connect();
await consumer.subscribe({ topics, fromBeginning: true });
await consumer.run({
  eachMessage: async ({ topic, partition, message }) => {
    // Whoever may write to a topic can write nonsense to it: pass over that, and say where it is.
    if (message.value?.[0] !== 0) return console.error(`not an event: ${topic}/${partition}@${message.offset}`);
    const { orderId, version, status, order } = await registry.decode(message.value);
    // Topics are read side by side, and a crash repeats what was not committed: an older version tells nothing new.
    if (version <= (seen.get(orderId) ?? 0)) return;
    seen.set(orderId, version);
    console.log(`${orderId} v${version} ${status} ${order.bookingReference ?? ''}`.trimEnd());
  },
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void consumer.disconnect());
