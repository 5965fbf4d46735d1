// A channel that writes its commands to Kafka itself: node docs/examples/produce-command.ts
// Addresses come from the environment or from the `npm start` that runs here; the secrets always come from the environment.
import { openPostgresKeys } from '../../connectors/postgres-keys/index.ts';
import { commandHeaders } from '../../ingress/channels/command-headers.ts';
import { placeCommand } from '../../ingress/channels/place-order.ts';
import { uuidV7 } from '../../ingress/order-id.ts';
import { openCodec } from '../../schemas/codec.ts';
import { attachedConfig } from '../../topology/operator/attach.ts';
import { orderFlow } from '../../topology/order-flow.ts';
import { openCommandProducer } from '../../topology/runtime/command-producer.ts';
import { requireSecrets } from '../../topology/runtime/config.ts';
import { connectKafka } from '../../topology/runtime/kafka.ts';
import { createLog } from '../../topology/runtime/log.ts';
import { COMMANDS_TOPIC, subjectsOf, topicsOf } from '../../topology/topics.ts';

const config = await attachedConfig();
const { masterKey, pepper } = requireSecrets(config);
const log = createLog('agency', 'warn');
const now = Date.now();
const flight = { flightNumber: 'IA102', departureDate: new Date(now + 30 * 86_400_000).toISOString().slice(0, 10) };

// The customer's own key seals contact and names: nothing else may reach a topic.
const keys = await openPostgresKeys({ databaseUrl: config.databaseUrl, masterKey });
const command = placeCommand(
  {
    channel: 'agent',
    customer: { customerId: 'C-2002', email: 'grace@example.com', locale: 'en-US' },
    passengers: [{ passengerId: 'P1', type: 'ADT', givenName: 'Grace', familyName: 'Hopper', dateOfBirth: '1986-12-09' }],
    items: [{ type: 'flight', ...flight, bookingClass: 'Y', passengerIds: ['P1'] }],
    currency: 'USD',
    payment: { method: 'card', token: 'tok_mastercard' },
  },
  { orderId: uuidV7(now), now, key: await keys.keyFor('C-2002'), pepper },
);

const codec = await openCodec({ registryUrl: config.schemaRegistryUrl, subjects: subjectsOf(topicsOf(orderFlow)) });
const producer = await openCommandProducer(connectKafka({ brokers: config.kafkaBrokers, clientId: 'agency', log }), { log });
await producer.publish({
  topic: COMMANDS_TOPIC,
  key: command.orderId,
  value: codec.encode('OrderCommand', command),
  headers: commandHeaders(command, { version: 0, traceparent: undefined }),
});
console.log(command.orderId);
await producer.close();
await keys.close();
