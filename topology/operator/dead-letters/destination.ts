import { orderFlow } from '../../order-flow.ts';
import { headerText, type Headers } from '../../runtime/headers.ts';
import { retryTopicOf, SINKS, type SinkName, topicsOf, waits } from '../../topics.ts';
import { BadInput } from '../bad-input.ts';
import type { DeadLetter } from './letter.ts';

/**
 * The topic that brings a letter back to its node and to nobody else: the node's retry topic; for nodes without one, which read commands and
 * timers, the topic it came from. Throws BadInput for letters that have no way back.
 */
export function destinationOf({ id, node, record }: DeadLetter): string {
  if (SINKS.includes(node as SinkName)) throw new BadInput(`dead letters of a sink cannot be replayed (${id}): their topics would then hold the same event twice, for every reader`);
  if (orderFlow.nodes.some((each) => each.name === node && waits(each))) return retryTopicOf(node);
  const origin = originOf(record.headers);
  if (!topicsOf(orderFlow).some(({ name }) => name === origin)) throw new BadInput(`${id} does not say which topic it came from: it can only be discarded`);
  return origin;
}

/** The record type that belongs on the topic the letter came from; null where that is not known. */
export function recordNameOf({ record }: DeadLetter): string | null {
  const origin = originOf(record.headers);
  return topicsOf(orderFlow).find(({ name }) => name === origin)?.record ?? null;
}

const originOf = (headers: DeadLetter['record']['headers']): string => headerText(headers, 'x-orig-topic') ?? '';

/** Where the record stood at first: kept on a retry topic, whose readers ask for it; anywhere else it would be untrue. */
export function originKept({ record }: DeadLetter, destination: string): Headers {
  if (destination === originOf(record.headers)) return {};
  const names = ['topic', 'partition', 'offset', 'timestamp'].map((name) => `x-orig-${name}`);
  return Object.fromEntries(names.flatMap((name) => {
    const text = headerText(record.headers, name);
    return text === undefined ? [] : [[name, text]];
  }));
}
