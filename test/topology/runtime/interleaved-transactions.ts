import { idempotentProducer, type Kafka, transactionalProducer } from '../../../topology/runtime/kafka.ts';

const PRODUCERS = 6;
export const ROUNDS = 12;

/** A small generator of numbers below `limit`, the same ones in every run. */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % limit;
  };
}

function shuffled<T>(items: T[], below: (limit: number) => number): T[] {
  const rest = [...items];
  return items.map(() => rest.splice(below(rest.length), 1)[0] as T);
}

/** Transactions open side by side in one partition, half of them aborted, ending in another order than they began. Gives the committed values. */
export async function writeInterleaved(client: Kafka, topic: string, seed: number): Promise<string[]> {
  const below = numbers(seed);
  const committed = new Set<string>();
  const written: string[] = [];
  const producers = await Promise.all(Array.from({ length: PRODUCERS }, async (_, index) => {
    const producer = transactionalProducer(client, `${topic}.${index}`);
    await producer.connect();
    return producer;
  }));
  for (let round = 0; round < ROUNDS; round += 1) {
    const open = await Promise.all(producers.map(async (producer, index) => ({ transaction: await producer.transaction(), name: `${round}/${index}`, commits: below(2) === 0 })));
    for (const part of ['first', 'second']) {
      for (const { transaction, name, commits } of shuffled(open, below)) {
        const value = `${name} ${part}`;
        // The key looks like an abort marker to those who do not look at what kind of record it is.
        await transaction.send({ topic, messages: [{ key: Buffer.alloc(4), value, partition: 0 }] });
        written.push(value);
        if (commits) committed.add(value);
      }
    }
    for (const { transaction, commits } of shuffled(open, below)) await (commits ? transaction.commit() : transaction.abort());
  }
  await Promise.all(producers.map((producer) => producer.disconnect()));
  const last = idempotentProducer(client);
  await last.connect();
  await last.send({ topic, messages: [{ key: 'end', value: 'end', partition: 0 }] });
  await last.disconnect();
  return written.filter((value) => committed.has(value));
}
