import { type Codec, openCodec } from '../../../schemas/codec.ts';
import type { OrderCommand, TimerFired } from '../../../schemas/types.ts';
import { commandHeaders } from '../../../ingress/channels/command-headers.ts';
import { orderFlow } from '../../../topology/order-flow.ts';
import { openCommandProducer, type OutgoingCommand } from '../../../topology/runtime/command-producer.ts';
import { connectKafka, type Kafka } from '../../../topology/runtime/kafka.ts';
import { createLog } from '../../../topology/runtime/log.ts';
import { COMMANDS_TOPIC, subjectsOf, TIMERS_TOPIC, topicsOf } from '../../../topology/topics.ts';
import type { ChaosRun } from '../fault.ts';

/** Puts records onto topics behind the product's back. */
export interface Injector {
  readonly kafka: Kafka;
  readonly codec: Codec;
  put(record: OutgoingCommand): Promise<void>;
  command(command: OrderCommand): Promise<void>;
  timer(timer: TimerFired): Promise<void>;
}

export async function withInjector<T>(run: ChaosRun, work: (injector: Injector) => Promise<T>): Promise<T> {
  const log = createLog('injector', 'silent');
  const kafka = connectKafka({ brokers: run.servers.addresses.kafkaBrokers, clientId: 'chaos-injector', log });
  const codec = await openCodec({ registryUrl: run.servers.addresses.schemaRegistryUrl, subjects: subjectsOf(topicsOf(orderFlow)) });
  const producer = await openCommandProducer(kafka, { log });
  const put = (record: OutgoingCommand): Promise<void> => producer.publish(record);
  try {
    return await work({
      kafka,
      codec,
      put,
      command: (command) =>
        put({
          topic: COMMANDS_TOPIC, key: command.orderId, value: codec.encode('OrderCommand', command),
          headers: commandHeaders(command, { version: 0, traceparent: undefined }),
        }),
      timer: (timer) => put({ topic: TIMERS_TOPIC, key: timer.orderId, value: codec.encode('TimerFired', timer), headers: {} }),
    });
  } finally {
    await producer.close();
  }
}
