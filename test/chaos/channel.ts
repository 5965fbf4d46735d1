import { randomBytes } from 'node:crypto';
import { openPostgresKeys } from '../../connectors/postgres-keys/index.ts';
import { cancelCommand } from '../../ingress/channels/change-order.ts';
import { commandHeaders } from '../../ingress/channels/command-headers.ts';
import { placeCommand } from '../../ingress/channels/place-order.ts';
import { OrderBody } from '../../ingress/order-body.ts';
import { openCodec } from '../../schemas/codec.ts';
import type { OrderCommand } from '../../schemas/types.ts';
import { orderFlow } from '../../topology/order-flow.ts';
import { openCommandProducer, RecordRefused } from '../../topology/runtime/command-producer.ts';
import type { Config } from '../../topology/runtime/config.ts';
import { uuidV5 } from '../../topology/runtime/event-id.ts';
import { connectKafka } from '../../topology/runtime/kafka.ts';
import { createLog } from '../../topology/runtime/log.ts';
import { COMMANDS_TOPIC, subjectsOf, topicsOf } from '../../topology/topics.ts';
import type { OrderRequest } from '../../topology/demo/order-request.ts';
import type { Poison } from './workload.ts';

const TOO_LARGE = 2 * 1024 * 1024;

/** A channel that produces its commands to Kafka itself. Every call may be repeated, and rejects where nothing is known of its end. */
export interface Channel {
  /** The same order gives the same command, apart from the random nonces of sealed data. */
  place(orderId: string, body: OrderRequest): Promise<void>;
  cancel(orderId: string): Promise<void>;
  /** False where the broker refuses the record. */
  poison(key: string, poison: Poison): Promise<boolean>;
  close(): Promise<void>;
}

export async function openChannel(config: Config): Promise<Channel> {
  const log = createLog('channel', 'silent');
  const kafka = connectKafka({ brokers: config.kafkaBrokers, clientId: 'chaos-channel', log });
  const codec = await openCodec({ registryUrl: config.schemaRegistryUrl, subjects: subjectsOf(topicsOf(orderFlow)) });
  const keys = await openPostgresKeys({ databaseUrl: config.databaseUrl, masterKey: config.masterKey as Buffer });
  const producer = await openCommandProducer(kafka, { log });

  const send = (command: OrderCommand): Promise<void> =>
    producer.publish({
      topic: COMMANDS_TOPIC, key: command.orderId, value: codec.encode('OrderCommand', command), headers: commandHeaders(command, { version: 0, traceparent: undefined }),
    });
  const placed = async (orderId: string, body: OrderRequest): Promise<OrderCommand> => {
    const key = await keys.keyFor(body.customer.customerId);
    return placeCommand(OrderBody.parse(body), { orderId, now: Date.now(), key, pepper: config.pepper as string });
  };
  const raw = (key: string, value: Buffer): Promise<boolean> =>
    producer.publish({ topic: COMMANDS_TOPIC, key, value, headers: {} }).then(
      () => true,
      (error: unknown) => {
        if (error instanceof RecordRefused) return false;
        throw error;
      },
    );

  return {
    place: async (orderId, body) => send(await placed(orderId, body)),
    cancel: (orderId) => send(cancelCommand({ commandId: uuidV5(`cancel|${orderId}`), orderId, now: Date.now() }, 'customer_request')),
    async poison(key, poison) {
      switch (poison) {
        case 'bad-avro':
          return raw(key, Buffer.concat([codec.encode('OrderCommand', cancelCommand({ commandId: key, orderId: key, now: 0 }, 'x')).subarray(0, 5), Buffer.alloc(3, 0xff)]));
        case 'unknown-schema':
          return raw(key, Buffer.concat([Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]), randomBytes(40)]));
        case 'too-large':
          return raw(key, randomBytes(TOO_LARGE));
        case 'impossible': {
          const command = await placed(key, IMPOSSIBLE);
          return send({ ...command, place: command.place && { ...command.place, items: [], passengers: [], currency: '???' } }).then(() => true);
        }
      }
    },
    async close() {
      await Promise.allSettled([producer.close(), keys.close()]);
    },
  };
}

/** Made impossible after it was checked: the API would not let it through. */
const IMPOSSIBLE: OrderRequest = {
  channel: 'partner',
  customer: { customerId: 'C-impossible', email: 'nobody@example.com', phone: '+442079460000', locale: 'en-GB' },
  passengers: [{ passengerId: 'P1', type: 'ADT', givenName: 'Ada', familyName: 'Lovelace', dateOfBirth: '1985-12-10' }],
  items: [{ type: 'flight', flightNumber: 'IA101', departureDate: '2030-01-01', bookingClass: 'Y', passengerIds: ['P1'] }],
  currency: 'USD',
  payment: { method: 'card', token: 'tok_visa' },
};
