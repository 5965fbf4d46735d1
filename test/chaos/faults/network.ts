import { setTimeout as sleep } from 'node:timers/promises';
import { type Behaviour, PASS } from '../proxy/behaviour.ts';
import type { Proxied } from '../proxy/proxies.ts';
import type { ChaosRun, Fault, Injection } from '../fault.ts';
import { inTurn, type Times } from './in-turn.ts';

const SERVERS: readonly Proxied[] = ['kafka', 'redis', 'postgres', 'clickhouse', 'registry', 'sandbox'];
/** Every server alone, and then two pairs. */
const TURNS: Times = { quick: 1, full: 8 };
const PAIRS: Times = { quick: 0, full: 2 };
const LASTS_MS = 3_000;

interface Misbehaviour {
  name: string;
  title: string;
  behaviour: Behaviour;
}

const MISBEHAVIOURS: readonly Misbehaviour[] = [
  { name: 'latency', title: '200 ± 100 ms of delay', behaviour: { kind: 'latency', ms: 200, jitterMs: 100 } },
  { name: 'bandwidth', title: '64 KB/s a connection', behaviour: { kind: 'bandwidth', bytesPerSecond: 64 * 1024 } },
  { name: 'reset', title: 'connections reset after 20 KB', behaviour: { kind: 'reset', afterBytes: 20_000 } },
  { name: 'frozen', title: 'connections stand still', behaviour: { kind: 'frozen' } },
  { name: 'half-open', title: 'connections die without being closed', behaviour: { kind: 'half_open' } },
  { name: 'refused', title: 'connections refused', behaviour: { kind: 'refuse' } },
];

/** In the quick run one of these meets one server, another in every run; in the full run all of them. */
export const NETWORK_FAULTS: readonly Fault[] = MISBEHAVIOURS.map(({ name, title, behaviour }) => ({
  name: `network-${name}`,
  title: `Network: ${title}, in front of each server`,
  planned: (scale) => TURNS[scale] + PAIRS[scale],
  inject: (run) => misbehaveInTurn(run, name, behaviour),
}));

async function misbehaveInTurn(run: ChaosRun, name: string, behaviour: Behaviour): Promise<Injection[]> {
  const first = run.random.int(0, SERVERS.length - 1);
  const chosen = (index: number): Proxied => SERVERS[(first + index) % SERVERS.length] as Proxied;
  const met = (turn: number): Proxied[] => (turn < SERVERS.length ? [chosen(turn)] : [chosen(2 * turn), chosen(2 * turn + 1)]);
  const injections = await inTurn(run, TURNS, `network ${name}`, (turn) => misbehave(run, met(turn), behaviour));
  return injections.flatMap((injection, turn) => met(turn).map((server) => ({ ...injection, what: `${injection.what} ${server}` })));
}

async function misbehave(run: ChaosRun, servers: readonly Proxied[], behaviour: Behaviour): Promise<void> {
  run.say(`${behaviour.kind} in front of ${servers.join(' and ')}`);
  const all = (now: Behaviour): Promise<unknown> => Promise.all(servers.map((server) => run.proxies[server].behave(now)));
  await all(behaviour);
  try {
    await sleep(LASTS_MS, undefined, { signal: run.signal });
  } finally {
    await all(PASS);
  }
}
