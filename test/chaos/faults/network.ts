import { setTimeout as sleep } from 'node:timers/promises';
import { type Behaviour, PASS } from '../proxy/behaviour.ts';
import type { Proxied } from '../proxy/proxies.ts';
import type { ChaosRun, Fault, Scale } from '../fault.ts';
import { inTurn, type Times } from './in-turn.ts';

const SERVERS: readonly Proxied[] = ['kafka', 'redis', 'postgres', 'clickhouse', 'registry', 'sandbox'];
const LASTS_MS: Readonly<Record<Scale, number>> = { quick: 3_000, full: 10_000 };

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

/** In the quick run each of these meets one server, another in every run; in the full run all of them. */
export const NETWORK_FAULTS: readonly Fault[] = MISBEHAVIOURS.map(({ name, title, behaviour }) => ({
  name: `network-${name}`,
  title: `Network: ${title}, in front of each server`,
  fullOnly: behaviour.kind !== 'reset',
  planned: (scale) => TIMES[scale],
  inject: (run) => {
    const first = run.random.int(0, SERVERS.length - 1);
    return inTurn(run, TIMES, `network ${name}`, (index) => misbehave(run, SERVERS[(first + index) % SERVERS.length] as Proxied, behaviour));
  },
}));

const TIMES: Times = { quick: 1, full: SERVERS.length };

async function misbehave(run: ChaosRun, server: Proxied, behaviour: Behaviour): Promise<void> {
  run.say(`${behaviour.kind} in front of ${server}`);
  const proxy = run.proxies[server];
  await proxy.behave(behaviour);
  try {
    await sleep(LASTS_MS[run.scale], undefined, { signal: run.signal });
  } finally {
    await proxy.behave(PASS);
  }
}
