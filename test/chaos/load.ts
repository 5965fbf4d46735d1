import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import type { Channel } from './channel.ts';
import type { Load } from './fault.ts';
import { afterlife, changed, type Planned, type PlannedOrder, type PlannedPoison } from './workload.ts';

/** What came of a planned order as far as its client can tell. */
export interface Placed {
  orderId: string;
  /** Ms, UTC. */
  sentAt: number;
  /** When the platform said that it has it; null before. */
  acknowledgedAt: number | null;
  /** False for one that rests until its payer does something. */
  endsByItself: boolean;
}

const RETRY_MS = 250;
/** A client gives up on a command that is not acknowledged for so long. */
const PATIENCE_MS = 150_000;
const REQUEST_TIMEOUT_MS = 15_000;
const LATE_REPEAT_MS = 1_500;
const PAYER_PATIENCE_MS = 25_000;
/** Once no more orders are placed: most who are not asked by then never will be. */
const LATE_PAYER_PATIENCE_MS = 3_000;

interface Answer {
  status: number;
  body: { orderId?: string; code?: string };
}

/** Places workload W, so many orders a second as `rate` says at the moment: every command until it is acknowledged, with the repeats, cancels and answers to challenges that are planned. */
export class WorkloadLoad implements Load {
  readonly placed = new Map<string, Placed>();
  /** Keys of poison that the broker took, and what is due of each. */
  readonly poison = new Map<string, PlannedPoison>();
  /** Whatever the platform said that it must not say. */
  readonly complaints: string[] = [];
  readonly #plan: Iterator<Planned, never>;
  readonly #http: Pool;
  readonly #channel: Channel;
  readonly #rate: () => number;
  readonly #underWay = new Set<Promise<void>>();
  #running: Promise<void> = Promise.resolve();
  #on: AbortController | null = null;
  #sent = 0;

  constructor(plan: Iterator<Planned, never>, { url, channel, rate }: { url: string; channel: Channel; rate: () => number }) {
    this.#plan = plan;
    this.#http = new Pool(url, { connections: 64, headersTimeout: REQUEST_TIMEOUT_MS, bodyTimeout: REQUEST_TIMEOUT_MS });
    this.#channel = channel;
    this.#rate = rate;
  }

  get sent(): number {
    return this.#sent;
  }

  adopt(orderId: string): void {
    this.placed.set(orderId, { orderId, sentAt: Date.now(), acknowledgedAt: Date.now(), endsByItself: true });
  }

  start(): void {
    this.#on = new AbortController();
    this.#running = this.#run(this.#on.signal);
  }

  /** Resolves once every command is acknowledged or given up. */
  async stop(): Promise<void> {
    this.#on?.abort();
    await this.#running;
    await Promise.all(this.#underWay);
  }

  async close(): Promise<void> {
    this.#on?.abort();
    await this.#http.destroy();
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (let due = performance.now(); !signal.aborted; due += 1_000 / this.#rate()) {
      const early = due - performance.now();
      if (early > 0) await sleep(early, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const planned = this.#plan.next().value;
      const work: Promise<void> = (planned.kind === 'order' ? this.#order(planned) : this.#poison(planned))
        .catch((error: unknown) => void this.complaints.push(`the client of ${planned.orderId} failed: ${String(error)}`))
        .finally(() => this.#underWay.delete(work));
      this.#underWay.add(work);
    }
  }

  async #order(order: PlannedOrder): Promise<void> {
    if (order.cancel === 'before') await this.#until(() => this.#channel.cancel(order.orderId).then(() => true));
    const placed: Placed = { orderId: order.orderId, sentAt: Date.now(), acknowledgedAt: null, endsByItself: order.challenge === 'none' };
    this.placed.set(order.orderId, placed);
    this.#sent += 1;
    const later = [this.#repeat(order), this.#cancel(order), this.#answerChallenge(order)];
    if (await this.#until(() => this.#place(order, order.body))) placed.acknowledgedAt = Date.now();
    await Promise.all(later);
  }

  /** Whether the platform has the order now. */
  async #place(order: PlannedOrder, body: PlannedOrder['body']): Promise<boolean> {
    if (order.via === 'kafka') return this.#channel.place(order.orderId, body).then(() => true);
    const { status, body: answer } = await this.#request('POST', '/api/v1/orders', body, { 'idempotency-key': order.key });
    if (status === 202 || status === 201) {
      if (answer.orderId !== order.orderId) this.complaints.push(`key ${order.key} gave order ${answer.orderId}, not ${order.orderId}`);
      return true;
    }
    // The repeat with another body was there first, so the order is that one's.
    if (status === 422 && answer.code === 'key_reused') return body === order.body && order.repeat === 'changed' && this.#place(order, changed(body));
    // 409: the request before is still under way.
    if (status < 500 && status !== 409 && status !== 429) this.complaints.push(`POST for ${order.orderId} answered ${status} ${answer.code ?? ''}`);
    return false;
  }

  async #repeat(order: PlannedOrder): Promise<void> {
    if (order.repeat === 'none') return;
    if (order.orderId.charCodeAt(0) % 2 === 0) await sleep(LATE_REPEAT_MS);
    const body = order.repeat === 'same' ? order.body : changed(order.body);
    await this.#place(order, body).catch(() => undefined);
  }

  async #cancel({ orderId, via, cancel }: PlannedOrder): Promise<void> {
    if (typeof cancel !== 'number') return;
    await sleep(cancel);
    if (via === 'kafka') await this.#until(() => this.#channel.cancel(orderId).then(() => true));
    // An order that the read model does not show yet, or that is too far on, is not cancelled: its customer leaves it at that.
    else await this.#until(async () => (await this.#request('DELETE', `/api/v1/orders/${orderId}`)).status < 500);
  }

  async #answerChallenge({ orderId, challenge }: PlannedOrder): Promise<void> {
    if (challenge !== 'authenticated' && challenge !== 'failed') return;
    const answer = async (): Promise<boolean> => (await this.#request('POST', `/api/v1/orders/${orderId}/payment`, { challengeResult: challenge })).status === 202;
    await this.#until(answer, PAYER_PATIENCE_MS, this.#on?.signal);
  }

  async #poison(poison: PlannedPoison): Promise<void> {
    if (afterlife[poison.poison] === 'invalid-order') this.placed.set(poison.orderId, { orderId: poison.orderId, sentAt: Date.now(), acknowledgedAt: null, endsByItself: true });
    let accepted = false;
    const sent = await this.#until(async () => {
      accepted = await this.#channel.poison(poison.orderId, poison.poison);
      return true;
    });
    if (!sent) return;
    if (accepted) this.poison.set(poison.orderId, poison);
    const placed = this.placed.get(poison.orderId);
    if (placed && accepted) placed.acknowledgedAt = Date.now();
    if (accepted !== (afterlife[poison.poison] !== 'refused')) this.complaints.push(`a record of kind ${poison.poison} was ${accepted ? 'taken' : 'refused'}`);
  }

  /** Tries until it works, or the client's patience is over: false then. With `hurry` it is over soon after that aborts. */
  async #until(attempt: () => Promise<boolean>, patienceMs = PATIENCE_MS, hurry?: AbortSignal): Promise<boolean> {
    let deadline = Date.now() + patienceMs;
    hurry?.addEventListener('abort', () => {
      deadline = Math.min(deadline, Date.now() + LATE_PAYER_PATIENCE_MS);
    });
    for (;;) {
      if (await attempt().catch(() => false)) return true;
      if (Date.now() > deadline) return false;
      await sleep(RETRY_MS);
    }
  }

  async #request(method: 'POST' | 'DELETE', path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const sent = body === undefined ? { headers } : { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const answer = await this.#http.request({ method, path, ...sent }).catch((error: unknown) => {
      if ((error as { code?: unknown }).code === 'UND_ERR_HEADERS_TIMEOUT') this.complaints.push(`${method} ${path} was not answered within ${REQUEST_TIMEOUT_MS / 1_000} s`);
      throw error;
    });
    const text = await answer.body.text();
    this.complaints.push(...unclear(answer).map((what) => `${method} ${path} answered ${answer.statusCode} ${what}`));
    return { status: answer.statusCode, body: text.startsWith('{') ? (JSON.parse(text) as Answer['body']) : {} };
  }
}

/** What an answer that refuses lacks: whoever is turned away has to be told why, and when to come again. */
export function unclear({ statusCode, headers }: { statusCode: number; headers: Record<string, unknown> }): string[] {
  if (statusCode < 400) return [];
  return [
    ...(String(headers['content-type']).startsWith('application/problem+json') ? [] : ['without a problem document']),
    ...(statusCode !== 503 || headers['retry-after'] !== undefined ? [] : ['without Retry-After']),
    ...(statusCode === 500 ? ['for no fault of the caller'] : []),
  ];
}
