import { demoAirline } from '../../connectors/demo-airline/index.ts';
import { openPostgresKeys } from '../../connectors/postgres-keys/index.ts';
import { commandHeaders } from '../../ingress/channels/command-headers.ts';
import { placeCommand } from '../../ingress/channels/place-order.ts';
import { OrderBody } from '../../ingress/order-body.ts';
import { uuidV7 } from '../../ingress/order-id.ts';
import { openCodec } from '../../schemas/codec.ts';
import { generateOrders } from '../../topology/demo/generator.ts';
import { orderFlow } from '../../topology/order-flow.ts';
import { COMMANDS_TOPIC, subjectsOf, topicsOf } from '../../topology/topics.ts';
import { openCommandProducer } from '../../topology/runtime/command-producer.ts';
import type { Config } from '../../topology/runtime/config.ts';
import { connectKafka } from '../../topology/runtime/kafka.ts';
import { createLog } from '../../topology/runtime/log.ts';

/**
 * Puts place commands of realistic orders on the commands topic, as a channel does that produces to Kafka itself, under ids of the kind that
 * docs/channels.md advises. Answers the ids.
 */
export async function preloadCommands(config: Config, count: number, seed: number): Promise<string[]> {
  const log = createLog('preload', 'error');
  const kafka = connectKafka({ brokers: config.kafkaBrokers, clientId: 'preload', log });
  const codec = await openCodec({ registryUrl: config.schemaRegistryUrl, subjects: subjectsOf(topicsOf(orderFlow)) });
  const keys = await openPostgresKeys({ databaseUrl: config.databaseUrl, masterKey: config.masterKey as Buffer });
  const producer = await openCommandProducer(kafka, { log });
  const orders = generateOrders({ seed, catalogue: demoAirline(), today: new Date(), cancelPercent: 0 });
  const ids: string[] = [];
  const publishOne = async (): Promise<void> => {
    const body = OrderBody.parse(orders.next().value.body);
    const orderId = uuidV7(Date.now());
    ids.push(orderId);
    const key = await keys.keyFor(body.customer.customerId);
    const command = placeCommand(body, { orderId, now: Date.now(), key, pepper: config.pepper as string });
    const headers = commandHeaders(command, { version: 0, traceparent: undefined });
    await producer.publish({ topic: COMMANDS_TOPIC, key: orderId, value: codec.encode('OrderCommand', command), headers });
  };
  for (let done = 0; done < count; done += 500) await Promise.all(Array.from({ length: Math.min(500, count - done) }, publishOne));
  await producer.close();
  await keys.close();
  return ids;
}
