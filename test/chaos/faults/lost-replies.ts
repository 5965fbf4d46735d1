import { setTimeout as sleep } from 'node:timers/promises';
import { KAFKA_APIS, type KafkaApi, PASS } from '../proxy/behaviour.ts';
import type { ChaosRun, Fault, Injection, Scale } from '../fault.ts';
import { inTurn } from './in-turn.ts';

/** Replies lost one after another, whoever waits for them; with the connection cut in place of the reply, or left open as if nothing were. */
interface Loss {
  replies: number;
  cut: boolean;
}

const LOSSES: Readonly<Record<Scale, readonly Loss[]>> = {
  quick: [{ replies: 2, cut: true }],
  full: [{ replies: 1, cut: true }, { replies: 1, cut: false }, { replies: 4, cut: true }, { replies: 4, cut: false }],
};
const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 20;

const planned = (scale: Scale): number => LOSSES[scale].reduce((sum, { replies }) => sum + replies, 0);

/** The request is done and its reply never arrives: nobody but the broker knows that it was done. */
export const LOST_REPLY_FAULTS: readonly Fault[] = (Object.keys(KAFKA_APIS) as KafkaApi[]).map((api) => ({
  name: `lost-reply-${api.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()}`,
  title: `Kafka's reply to ${api} lost`,
  planned,
  inject: (run) => loseAll(run, api),
}));

/** An injection for each reply: those lost together are over together. */
async function loseAll(run: ChaosRun, api: KafkaApi): Promise<Injection[]> {
  const losses = LOSSES[run.scale];
  const injections = await inTurn(run, { quick: LOSSES.quick.length, full: LOSSES.full.length }, `reply to ${api} lost`, (index) => lose(run, api, losses[index] as Loss));
  return injections.flatMap((injection, index) => Array.from({ length: losses[index]?.replies ?? 0 }, () => injection));
}

async function lose(run: ChaosRun, api: KafkaApi, { replies, cut }: Loss): Promise<void> {
  const { kafka } = run.proxies;
  const due = kafka.dropped + replies;
  await kafka.behave({ kind: 'drop_reply', api, count: replies, cut });
  try {
    // Producers ask for their id when they begin.
    if (api === 'InitProducerId') await run.workers.kill('all');
    for (const deadline = Date.now() + PATIENCE_MS; kafka.dropped < due; await sleep(LOOK_EVERY_MS)) {
      if (Date.now() > deadline) throw new Error(`no ${replies} replies to ${api} came by within ${PATIENCE_MS / 1_000} s`);
    }
  } finally {
    await kafka.behave(PASS);
  }
}
