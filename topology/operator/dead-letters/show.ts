import { Redis } from 'ioredis';
import { headerText } from '../../runtime/headers.ts';
import { createLog } from '../../runtime/log.ts';
import { openRedisState } from '../../runtime/redis-state.ts';
import { attach, type Attached } from '../attach.ts';
import { readAudit } from '../audit/audit-log.ts';
import type { OrderState } from '../../runtime/state.ts';
import { type DeadLetter, factsOf, letterNamed, parseId, readDeadLetters } from './letter.ts';
import { type Prospect, prospectOf } from './prospect.ts';

/** Runs with the store of the orders' state. */
export async function withState<T>({ config }: Attached, run: (state: OrderState) => Promise<T>): Promise<T> {
  const redis = new Redis(config.redisUrl);
  try {
    return await run(openRedisState({ redis, log: createLog('iaros', 'error') }));
  } finally {
    redis.disconnect();
  }
}

/** Prints one letter: headers, reason, content (personal data as sealed as it is), and what a replay would do now. */
export async function showDeadLetter(id: string, options: { json?: boolean }): Promise<void> {
  const { node } = parseId(id);
  const attached = await attach(['redis']);
  const { kafka, codec } = attached;
  const done = await readAudit(kafka, codec);
  const letter = letterNamed(await readDeadLetters(kafka, [node], done), id);
  const prospect = await withState(attached, (state) => prospectOf(letter, { codec, state, now: Date.now() }));
  const history = done.filter(({ subject }) => subject === id);
  const shown = {
    ...factsOf(letter),
    headers: headersOf(letter),
    bytes: letter.record.value?.length ?? 0,
    record: prospect.decoded?.name ?? null,
    content: prospect.decoded?.record ?? null,
    replay: { topic: prospect.topic, effect: prospect.effect, why: prospect.why },
    history: history.map(({ at, actor, action, reason }) => ({ at: new Date(at).toISOString(), actor, action, reason })),
  };
  console.log(options.json ? JSON.stringify(shown) : page(letter, shown, prospect));
}

function headersOf({ record }: DeadLetter): Record<string, string> {
  return Object.fromEntries(Object.keys(record.headers ?? {}).sort().map((name) => [name, headerText(record.headers, name) ?? '']));
}

interface Shown {
  state: string;
  headers: Record<string, string>;
  bytes: number;
  history: { at: string; actor: string; action: string; reason: string }[];
}

function page(letter: DeadLetter, { state, headers, bytes, history }: Shown, { decoded, topic, effect, why }: Prospect): string {
  const width = Math.max(...Object.keys(headers).map(({ length }) => length));
  return [
    `dead letter ${letter.id}  ${state}`,
    `${letter.code}: ${letter.message}`,
    `from ${letter.from}, schema ${letter.schemaId}, ${bytes} bytes, ${letter.attempts} attempt${letter.attempts === 1 ? '' : 's'}`,
    `replayed: ${effect}${topic ? ` (on ${topic})` : ''}: ${why}`,
    ...history.map(({ at, actor, action, reason }) => `${action} ${at} by ${actor}${reason ? `: ${reason}` : ''}`),
    '',
    ...Object.entries(headers).map(([name, text]) => `${name.padEnd(width)}  ${text}`),
    '',
    decoded ? `${decoded.name} ${JSON.stringify(decoded.record, null, 2)}` : 'its content cannot be decoded: it can be discarded, or replaced with `iaros dlq edit --file`',
  ].join('\n');
}
