import { setTimeout as sleep } from 'node:timers/promises';
import { KAFKA_APIS, type KafkaApi, PASS } from '../proxy/behaviour.ts';
import type { ChaosRun, Fault } from '../fault.ts';
import { inTurn, type Times } from './in-turn.ts';

/** Of each request, half of them with the connection cut in place of the reply, half with the connection left open. */
const TIMES: Times = { quick: 1, full: 10 };
/** A reply that never comes is waited for 15 s: in the quick run connections are cut. */
const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 20;

/** The request is done and its reply never arrives: nobody but the broker knows that it was done. */
export const LOST_REPLY_FAULTS: readonly Fault[] = (Object.keys(KAFKA_APIS) as KafkaApi[]).map((api) => ({
  name: `lost-reply-${api.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()}`,
  title: `Kafka's reply to ${api} lost`,
  // The one after which a transaction is done and its producer does not know.
  fullOnly: api !== 'EndTxn',
  planned: (scale) => TIMES[scale],
  inject: (run) => inTurn(run, TIMES, `reply to ${api} lost`, (index) => lose(run, api, index % 2 === 0)),
}));

async function lose(run: ChaosRun, api: KafkaApi, cut: boolean): Promise<void> {
  const { kafka } = run.proxies;
  const before = kafka.dropped;
  await kafka.behave({ kind: 'drop_reply', api, count: 1, cut });
  try {
    // Producers ask for their id when they begin.
    if (api === 'InitProducerId') await run.workers.kill('all');
    for (const deadline = Date.now() + PATIENCE_MS; kafka.dropped === before; await sleep(LOOK_EVERY_MS)) {
      if (Date.now() > deadline) throw new Error(`no reply to ${api} came by within ${PATIENCE_MS / 1_000} s`);
    }
  } finally {
    await kafka.behave(PASS);
  }
}
