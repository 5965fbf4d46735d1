import type { Redis } from 'ioredis';
import type { Codec } from '../../../schemas/codec.ts';
import { FINAL, type OrderStatus } from '../../order-states.ts';
import { ChangelogFold, type NewestEvent } from '../../runtime/changelog-fold.ts';
import { parseChangelogKey } from '../../runtime/changelog-keys.ts';
import type { Kafka } from '../../runtime/kafka.ts';
import { snapshotOf } from '../../runtime/rebuild.ts';
import { stateImage } from '../../runtime/state-image.ts';
import { readTopics } from '../../runtime/topic-reader.ts';
import { CHANGELOG_TOPIC } from '../../topics.ts';
import { WrittenKeys } from './written-keys.ts';

/**
 * What Redis would hold if it were rebuilt from the changelog, worked out in this process's memory alone: no server is changed, and the
 * pipeline may go on meanwhile.
 */
export class ChangelogImage {
  readonly #fold: ChangelogFold;

  constructor(codec: Codec) {
    this.#fold = new ChangelogFold(codec);
  }

  /** Takes a record of the changelog; in any order. */
  async add(key: string, value: Buffer | null): Promise<void> {
    const { orderId } = parseChangelogKey(key);
    const known = this.#fold.orders.get(orderId);
    await this.#fold.add(key, value);
    const newest = this.#fold.orders.get(orderId);
    if (newest && newest !== known) this.#fold.orders.set(orderId, { event: remains(newest), bytes: newest.bytes });
  }

  /** Redis's content at `now`, ms, as `snapshotOf` puts it. */
  async snapshot(now: number): Promise<Map<string, string>> {
    const keys = new WrittenKeys();
    for (const command of stateImage(this.#fold.orders, await this.#fold.marks(), now).commands) keys.write(command);
    return snapshotOf(keys as unknown as Redis, now);
  }
}

export async function readChangelogImage(kafka: Kafka, codec: Codec): Promise<ChangelogImage> {
  const image = new ChangelogImage(codec);
  await readTopics(kafka, [CHANGELOG_TOPIC], ({ key, value }) => image.add(String(key), value));
  return image;
}

/** Orders that ended are most of them, and nothing but their seats and their counts in fraud checks is looked at again. */
function remains({ event }: NewestEvent): NewestEvent['event'] {
  if (!FINAL.has(event.status as OrderStatus)) return event;
  const { hold, items, passengers, fraud } = event.order;
  const order = { hold, items, fraud, passengers: passengers.map(({ passengerId, type }) => ({ passengerId, type })) };
  return { ...event, order } as unknown as NewestEvent['event'];
}
