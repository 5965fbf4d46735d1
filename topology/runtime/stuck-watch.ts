import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { StillOrder, StuckOrders, StuckOrderStore } from '../../connectors/postgres/stuck-orders.ts';
import type { AnyOrderEvent } from '../../schemas/types.ts';
import type { Flow } from '../define.ts';
import { TIMERS_TOPIC } from '../topics.ts';
import { deadLetter, type OutgoingRecord, passedOn, originHeaders, type RawRecord } from './dead-letter.ts';
import { Unprocessable } from './errors.ts';
import { cloudEvent, eventHeaders } from './headers.ts';
import type { Kafka } from './kafka.ts';
import type { PipelineMetrics } from './metrics.ts';
import { Outage } from './outage.ts';
import type { Services } from './services.ts';
import { dueAt, MOST_DRIVES, type Mover, moverOf, stillQuery } from './stuck-order.ts';
import { timerFired } from './timers.ts';
import { type Offsets, readRanges } from './topic-reader.ts';
import { readModelPositions, type Whereabouts, whereaboutsOf } from './whereabouts.ts';

export interface StuckWatchDeps {
  flow: Flow;
  kafka: Kafka;
  orders: StuckOrders;
  services: Pick<Services, 'state' | 'codec' | 'settings' | 'now'>;
  publish: (record: OutgoingRecord) => Promise<void>;
  metrics: Pick<PipelineMetrics, 'stuckOrders' | 'stuckDriven' | 'stuckParked' | 'deadLetters'>;
  log: Logger;
  pollMs: number;
}

export interface Stuck {
  order: StillOrder;
  mover: Mover;
  where: Whereabouts;
}

/** Orders that stand still by the read model, and how far it had read when that was looked up. */
export interface Standing {
  still: StillOrder[];
  readTo: Offsets;
}

/**
 * Asks the read model how far it has read before what it holds: the other way round, an event that it takes in meanwhile would be found
 * neither there nor in the log after it, and its order taken for lost.
 */
export async function standing(readTo: () => Promise<Offsets>, still: () => Promise<StillOrder[]>): Promise<Standing> {
  if ((await still()).length === 0) return { still: [], readTo: new Map() };
  const positions = await readTo();
  return { still: await still(), readTo: positions };
}

/** Orders past their deadline, each with where its newest event is. Changes nothing. */
export async function overdueOrders({ still, readTo }: Standing, { flow, kafka, services }: Pick<StuckWatchDeps, 'flow' | 'kafka' | 'services'>): Promise<Stuck[]> {
  const now = services.now();
  const overdue = still.flatMap((order) => {
    const due = dueAt(order, services.settings.orderTimeoutMs);
    const mover = moverOf(flow, order);
    return due !== null && due <= now && mover ? [{ order, mover }] : [];
  });
  const versionOf = async (orderId: string): Promise<number | null> => (await services.state.read(orderId)).head?.version ?? null;
  const where = await whereaboutsOf(kafka, overdue, readTo, versionOf);
  return overdue.map((each) => ({ ...each, where: where.get(each.order.orderId) as Whereabouts }));
}

/**
 * Finds orders that stand still although nothing holds them up, and hands their newest event to its node again. It has to be sure that the
 * node published nothing for it: the journal may still hold a step whose process died right after its commit. What that does not move is
 * given up on, as a dead letter `stuck`. Any number may run side by side; one of them works.
 */
export class StuckWatch {
  readonly #deps: StuckWatchDeps;
  readonly #outage: Outage;
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: StuckWatchDeps) {
    this.#deps = deps;
    this.#outage = new Outage(deps.log);
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      await sleep(this.#deps.pollMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      await this.look().then(() => this.#outage.passed(), (error) => this.#outage.failed(error));
    }
  }

  /** Looks once, and does what is due. */
  async look(): Promise<void> {
    const { orders, services, metrics, kafka } = this.#deps;
    await orders.alone(async (store) => {
      const query = stillQuery(services.now(), services.settings.orderTimeoutMs, false);
      const stands = await standing(() => readModelPositions(kafka), () => store.still(query));
      const stuck = await overdueOrders(stands, this.#deps);
      for (const each of stuck) await this.#handle(each, store);
      metrics.stuckOrders.set(stuck.filter(({ where }) => where.kind === 'lost').length);
    });
  }

  async #handle({ order, mover, where }: Stuck, store: StuckOrderStore): Promise<void> {
    const now = this.#deps.services.now();
    if (where.kind === 'buried') return store.parked(order, mover.node.name, now, `dead letter ${where.letter} (${where.code})`);
    if (where.kind !== 'lost') return;
    const record = mover.byTimer ? this.#timerOf(order) : await this.#recordOf(order);
    if (record && mover.topic && order.drives < MOST_DRIVES) await this.#drive(order, mover, record, store);
    else await this.#park(order, mover, record, store);
  }

  async #drive(order: StillOrder, { node, topic }: Mover, record: RawRecord, store: StuckOrderStore): Promise<void> {
    const { publish, services, metrics, log } = this.#deps;
    const origin = topic === record.topic ? {} : originHeaders(record);
    await publish({ topic: topic as string, key: record.key, value: record.value, headers: { ...passedOn(record), ...origin } });
    await store.driven(order, node.name, services.now());
    metrics.stuckDriven.inc({ node: node.name });
    log.warn({ ...facts(order), node: node.name, drive: order.drives + 1 }, 'a stuck order is driven on');
  }

  async #park(order: StillOrder, { node }: Mover, record: RawRecord | null, store: StuckOrderStore): Promise<void> {
    const { publish, services, metrics, log } = this.#deps;
    const reason = record
      ? `the order stood at ${order.status}, after ${order.type}, and did not move when its event was handed to ${node.name} ${order.drives} more times`
      : `the order stood at ${order.status}, after ${order.type}, and that event is neither in Kafka nor in Redis`;
    if (record) {
      await publish(deadLetter(node.name, record, new Unprocessable('stuck', reason), order.drives, services.now()));
      metrics.deadLetters.inc({ node: node.name });
    }
    await store.parked(order, node.name, services.now(), reason);
    metrics.stuckParked.inc({ node: node.name });
    log.error({ ...facts(order), node: node.name }, 'a stuck order is given up on');
  }

  #timerOf(order: StillOrder): RawRecord {
    const { codec, now } = this.#deps.services;
    const timer = timerFired({ orderId: order.orderId, kind: 'hold_expiry', dueAt: order.holdUntil ?? order.updatedAt });
    const headers = cloudEvent({ id: timer.timerId, type: 'TimerFired', source: 'timers', subject: order.orderId, time: now() });
    return { topic: TIMERS_TOPIC, partition: 0, offset: '-1', timestamp: String(now()), key: Buffer.from(order.orderId), value: codec.encode('TimerFired', timer), headers };
  }

  /** The newest event as Kafka has it; where retention has taken it, as Redis has it. */
  async #recordOf({ topic, partition, offset, orderId, version }: StillOrder): Promise<RawRecord | null> {
    const { kafka, services: { state, codec } } = this.#deps;
    const from = BigInt(offset);
    let found: RawRecord | null = null;
    await readRanges(kafka, [{ topic, partition, from, to: from + 1n }], (read) => {
      found = { ...read, offset, key: Buffer.from(String(read.key)), value: read.value && Buffer.from(read.value) };
    });
    if (found) return found;
    const { head } = await state.read(orderId);
    if (head?.version !== version) return null;
    const event = (await codec.decode(head.event)).record as AnyOrderEvent;
    return { topic, partition, offset, timestamp: String(event.occurredAt), key: Buffer.from(orderId), value: head.event, headers: eventHeaders(event, 'stuck-watch', undefined) };
  }
}

const facts = ({ orderId, version, status }: StillOrder): object => ({ orderId, version, status });
