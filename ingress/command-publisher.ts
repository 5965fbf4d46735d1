import type { Codec } from '../schemas/codec.ts';
import { COMMANDS_TOPIC } from '../topology/topics.ts';
import type { CommandProducer } from '../topology/runtime/command-producer.ts';
import { failpoint, failpointBefore } from '../topology/runtime/failpoint.ts';
import type { IngressDeps } from './dependencies.ts';

/** Publishes commands on their topic, keyed by order, in the wire format. */
export function commandPublisher(
  producer: Pick<CommandProducer, 'publish'>,
  codec: Pick<Codec, 'encode'>,
): IngressDeps['publish'] {
  return async (command, headers) => {
    const confirmed = producer.publish({
      topic: COMMANDS_TOPIC,
      key: command.orderId,
      value: codec.encode('OrderCommand', command),
      headers: { ...headers },
    });
    await failpointBefore('ingress.unconfirmed', confirmed);
    failpoint('ingress.confirmed');
  };
}
