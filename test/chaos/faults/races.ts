import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { demoAirline } from '../../../connectors/demo-airline/index.ts';
import { authenticateCommand, cancelCommand } from '../../../ingress/channels/change-order.ts';
import { orderIdFor } from '../../../ingress/order-id.ts';
import { generateOrders } from '../../../topology/demo/generator.ts';
import type { OrderRequest } from '../../../topology/demo/order-request.ts';
import { uuidV5 } from '../../../topology/runtime/event-id.ts';
import { type Channel, openChannel } from '../channel.ts';
import type { ChaosRun, Fault, Scale } from '../fault.ts';
import { inTurn, type Times } from './in-turn.ts';
import { type Injector, withInjector } from './injector.ts';

const ROUNDS: Times = { quick: 1, full: 5 };
/** Orders of each kind of race in a round. */
const ORDERS: Readonly<Record<Scale, number>> = { quick: 4, full: 20 };
const HOUR_MS = 3_600_000;
/** About as long as an order takes from its command to its end. */
const FLIGHT_MS = 600;
/** What the platform may say to three who want the same order at once. */
const CLEAR: ReadonlySet<number> = new Set([201, 202, 409, 422]);

export const RACE_FAULTS: readonly Fault[] = [
  {
    name: 'races',
    title: 'Commands twice, three clients for one order, payment results and timers out of turn',
    planned: (scale) => ROUNDS[scale],
    inject: (run) =>
      inTurn(run, ROUNDS, 'races', (round) =>
        withInjector(run, async (injector) => {
          const channel = await openChannel(run.config);
          try {
            await race({ run, injector, channel, bodies: bodiesOf(run, round) });
          } finally {
            await channel.close();
          }
        }),
      ),
  },
];

interface Race {
  run: ChaosRun;
  injector: Injector;
  channel: Channel;
  bodies: Iterator<OrderRequest>;
}

/** Orders as the demo places them, of customers whom nobody else has. */
function* bodiesOf(run: ChaosRun, round: number): Generator<OrderRequest> {
  const orders = generateOrders({ seed: run.random.int(1, 2 ** 30) + round, catalogue: demoAirline(), today: new Date(), cancelPercent: 0 });
  for (const { body } of orders) yield body;
}

async function race(given: Race): Promise<void> {
  const kinds = [everythingTwice, threeClients, paymentResultFirst, timersOutOfTurn];
  const count = ORDERS[given.run.scale];
  await Promise.all(kinds.flatMap((kind) => Array.from({ length: count }, () => kind(given))));
}

function nextOrder({ run, bodies }: Race): { orderId: string; body: OrderRequest } {
  const orderId = randomUUID();
  run.load.adopt(orderId);
  return { orderId, body: bodies.next().value as OrderRequest };
}

const somewhen = ({ run }: Race): Promise<void> => sleep(run.random.int(0, FLIGHT_MS));
const change = (orderId: string, what: string) => ({ commandId: uuidV5(`${what}|${orderId}`), orderId, now: Date.now() });

/** Place and cancel, each sent twice, the repeats among the first ones. */
async function everythingTwice(given: Race): Promise<void> {
  const { channel } = given;
  const { orderId, body } = nextOrder(given);
  const cancel = async (): Promise<void> => {
    await somewhen(given);
    await channel.cancel(orderId);
  };
  await Promise.all([channel.place(orderId, body), channel.place(orderId, body), cancel(), cancel()]);
}

/** Two over HTTP under one key, with the same and with another body, and one straight to Kafka under the id that the key gives. */
async function threeClients(given: Race): Promise<void> {
  const { run, channel, bodies } = given;
  const key = randomUUID();
  const orderId = orderIdFor('public', 'POST /api/v1/orders', key);
  run.load.adopt(orderId);
  const [body, other] = [bodies.next().value as OrderRequest, bodies.next().value as OrderRequest];
  const statuses = await Promise.all([post(run, key, body), post(run, key, body), post(run, key, other)]);
  await channel.place(orderId, body);
  for (const status of statuses) if (!CLEAR.has(status)) throw new Error(`one of three clients of order ${orderId} was answered ${status}`);
}

async function post(run: ChaosRun, key: string, body: OrderRequest): Promise<number> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key };
  const answer = await request(`http://127.0.0.1:${run.config.port}/api/v1/orders`, { method: 'POST', headers, body: JSON.stringify(body) });
  await answer.body.dump();
  return answer.statusCode;
}

/** The payer's answer is there before anything was held, or asked of the payer. */
async function paymentResultFirst(given: Race): Promise<void> {
  const { injector, channel } = given;
  const { orderId, body } = nextOrder(given);
  await injector.command(authenticateCommand(change(orderId, 'authenticate-1'), 'authenticated'));
  await channel.place(orderId, body);
  await somewhen(given);
  await injector.command(authenticateCommand(change(orderId, 'authenticate-2'), 'failed'));
}

/** Timers before and after the hold's time, at any moment of the order's way, before and after its capture; then a cancel. */
async function timersOutOfTurn(given: Race): Promise<void> {
  const { run, injector, channel } = given;
  const { orderId, body } = nextOrder(given);
  await channel.place(orderId, body);
  for (const dueAt of [Date.now() - HOUR_MS, Date.now() + HOUR_MS, Date.now() + HOUR_MS]) {
    await somewhen(given);
    await injector.timer({ timerId: uuidV5(`${orderId}/${dueAt}`), orderId, kind: 'hold_expiry', dueAt });
  }
  if (run.random.chance(50)) await injector.command(cancelCommand(change(orderId, 'cancel'), 'customer_request'));
}
