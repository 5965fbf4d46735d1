import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { EVENT_TYPES } from '../../../schemas/types.ts';
import { orderFlow } from '../../../topology/order-flow.ts';
import { headerText } from '../../../topology/runtime/headers.ts';
import { endOffsets, type Offsets, type ReadRecord, rangesBetween, readRanges } from '../../../topology/runtime/topic-reader.ts';
import { COMMANDS_TOPIC, deadLetterTopicOf, inputsOf, retryTopicOf, SINKS, TIMERS_TOPIC, topicOf, topicsOf } from '../../../topology/topics.ts';
import type { ChaosRun, Fault, Letter } from '../fault.ts';
import { inTurn, type Times } from './in-turn.ts';
import { type Injector, withInjector } from './injector.ts';

const TIMES: Times = { quick: 1, full: 3 };
/** From the poison to its dead letter: nobody behind it waits longer. */
const LONGEST_STALL_MS = 5_000;
const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 250;
const HEADERS = [
  'x-orig-topic', 'x-orig-partition', 'x-orig-offset', 'x-orig-timestamp', 'x-orig-key-hash', 'x-node', 'x-group', 'x-error-code', 'x-error-message', 'x-attempts',
  'x-first-failed-at', 'x-schema-id',
];
const DEAD_LETTER_TOPICS = topicsOf(orderFlow).filter(({ visibility }) => visibility === 'dead-letter').map(({ name }) => name);
/** Where the origin of a dead letter that is none would stand. */
const NOWHERE = '?/?@?';

export const POISON_FAULTS: readonly Fault[] = [
  {
    name: 'poison',
    title: 'Poison in every topic, those of retries and dead letters included',
    planned: (scale) => TIMES[scale],
    inject: async (run) => {
      const buriedAlready = new Set<string>();
      return inTurn(run, TIMES, 'poison everywhere', () => withInjector(run, (injector) => poisonAll(run, injector, buriedAlready)));
    },
  },
];

/** Who buries what it cannot read, by topic. */
function readersOf(topic: string): string[] {
  if (topic === COMMANDS_TOPIC) return orderFlow.nodes.filter(({ kind }) => kind === 'opener').map(({ name }) => name);
  const nodes = orderFlow.nodes.filter((node) => inputsOf(node).includes(topic)).map(({ name }) => name);
  return EVENT_TYPES.some((type) => topicOf(type) === topic) ? [...nodes, ...SINKS] : nodes;
}

const topicsRead = (): string[] => [...new Set([COMMANDS_TOPIC, TIMERS_TOPIC, ...EVENT_TYPES.map(topicOf), ...orderFlow.nodes.flatMap(inputsOf)])];
const RETRY_TOPICS: ReadonlySet<string> = new Set(orderFlow.nodes.map(({ name }) => retryTopicOf(name)));

async function poisonAll(run: ChaosRun, injector: Injector, buriedAlready: Set<string>): Promise<void> {
  const mark = `poison-${randomUUID()}`;
  const topics = topicsRead();
  const doses = topics.flatMap((topic) => dosesFor(topic).map((dose) => ({ topic, key: mark, ...dose })));
  const before = await endOffsets(injector.kafka, [...topics, ...DEAD_LETTER_TOPICS]);
  for (const dose of doses) await injector.put(dose);
  if (buriedAlready.size === 0) await poisonDeadLetters(run, injector, mark);
  const due = await dueLetters(injector, topics, before, mark);
  run.expectLetters([...due.values()].map(({ letter }) => letter));
  for (const fault of await lettersFaults(injector, due, before)) throw new Error(fault);
  for (const name of due.keys()) buriedAlready.add(name);
}

interface Dose {
  value: Buffer | null;
  headers: Record<string, string>;
}

/** Bytes that are nothing, a schema nobody knows, no value at all; and at a retry topic a time to wait for that nobody lives to see. */
function dosesFor(topic: string): Dose[] {
  const stranger = Buffer.concat([Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]), randomBytes(40)]);
  const doses: Dose[] = [{ value: randomBytes(64), headers: {} }, { value: stranger, headers: {} }, { value: null, headers: {} }];
  if (!RETRY_TOPICS.has(topic)) return doses;
  return [...doses, ...['9000000000000000', 'Infinity', 'soon'].map((time) => ({ value: randomBytes(64), headers: { 'x-retry-at': time, 'x-attempts': 'many' } }))];
}

/** Nobody reads these but operators: what lies there must not keep them from the rest. Once a run, since none has an origin. */
async function poisonDeadLetters(run: ChaosRun, injector: Injector, key: string): Promise<void> {
  for (const topic of DEAD_LETTER_TOPICS) await injector.put({ topic, key, value: randomBytes(64), headers: {} });
  run.expectLetters(DEAD_LETTER_TOPICS.map((node) => ({ node, from: NOWHERE })));
}

interface Due {
  letter: Letter;
  poisonedAt: number;
}

/**
 * Every reader of a topic buries each of its doses once. By `<dead-letter topic> < <origin>`. Reads from where the topics ended before: to
 * read all of a long run would keep the cores from those whose time is taken.
 */
async function dueLetters({ kafka }: Injector, topics: readonly string[], before: Offsets, mark: string): Promise<Map<string, Due>> {
  const due = new Map<string, Due>();
  await readRanges(kafka, rangesBetween(before, await endOffsets(kafka, topics)), ({ topic, partition, offset, key, timestamp }) => {
    if (String(key) !== mark) return;
    for (const reader of readersOf(topic)) {
      const letter = { node: deadLetterTopicOf(reader), from: `${topic}/${partition}@${offset}` };
      due.set(`${letter.node} < ${letter.from}`, { letter, poisonedAt: Number(timestamp) });
    }
  });
  return due;
}

async function lettersFaults({ kafka }: Injector, due: ReadonlyMap<string, Due>, before: Offsets): Promise<string[]> {
  for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(LOOK_EVERY_MS)) {
    const found = new Map<string, ReadRecord>();
    await readRanges(kafka, rangesBetween(before, await endOffsets(kafka, DEAD_LETTER_TOPICS)), (record) => void found.set(`${record.topic} < ${originOf(record)}`, record));
    const missing = [...due.keys()].filter((name) => !found.has(name));
    if (missing.length > 0 && Date.now() < deadline) continue;
    return [
      ...missing.map((name) => `no dead letter ${name}`),
      ...[...due].flatMap(([name, { poisonedAt }]) => [...faultsOf(name, found.get(name), poisonedAt)]),
    ];
  }
}

function* faultsOf(name: string, letter: ReadRecord | undefined, poisonedAt: number): Generator<string> {
  if (!letter) return;
  const lacking = HEADERS.filter((header) => headerText(letter.headers, header) === undefined);
  if (lacking.length > 0) yield `the dead letter ${name} lacks ${lacking.join(', ')}`;
  const stallMs = Number(letter.timestamp) - poisonedAt;
  if (stallMs > LONGEST_STALL_MS) yield `the dead letter ${name} came ${stallMs} ms after its poison`;
}

const originOf = ({ headers }: ReadRecord): string => {
  const [topic = '?', partition = '?', offset = '?'] = ['x-orig-topic', 'x-orig-partition', 'x-orig-offset'].map((name) => headerText(headers, name));
  return `${topic}/${partition}@${offset}`;
};
