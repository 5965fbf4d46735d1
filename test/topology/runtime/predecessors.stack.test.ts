import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, expect, inject, test } from 'vitest';
import { connectKafka, withAdmin } from '../../../topology/runtime/kafka.ts';
import { createLog } from '../../../topology/runtime/log.ts';
import { departPredecessors, isDeparted, memberClientId } from '../../../topology/runtime/predecessors.ts';
import { identify } from '../../../topology/runtime/process-identity.ts';
import { makeTopics } from './make-topics.ts';

const log = createLog('test', 'silent');
const brokers = inject('stack').kafkaBrokers;
const kafka = connectKafka({ brokers, clientId: 'predecessors-test', log });
const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** Resolves when the group has let the process in. */
async function member(groupId: string, topic: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'group-member.ts'), brokers.join(','), groupId, topic], { stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(child);
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return child;
}

const membersOf = (groupId: string): Promise<number> => withAdmin(kafka, async (admin) => (await admin.describeGroups([groupId])).groups[0]?.members.length ?? 0);

async function groupAndTopic(): Promise<[string, string]> {
  const name = `predecessors-${randomUUID()}`;
  await makeTopics(kafka, [{ topic: name, numPartitions: 2 }]);
  return [name, name];
}

test('a member whose process was killed leaves at once; one whose process only stands still does not', async () => {
  const [groupId, topic] = await groupAndTopic();
  const killed = await member(groupId, topic);
  const sleeping = await member(groupId, topic);
  await expect.poll(() => membersOf(groupId)).toBe(2);
  sleeping.kill('SIGSTOP');
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  await departPredecessors(kafka, [groupId, `${groupId}-without-members`], log);
  expect(await membersOf(groupId)).toBe(1);
});

test('only a process of this machine that is no more is taken for gone', () => {
  const own = memberClientId('iaros-pipeline');
  expect(isDeparted(own)).toBe(false);
  expect(isDeparted('iaros-pipeline')).toBe(false);
  const before = own.replace(/\d+$/, (born) => String(Number(born) - 1));
  expect(isDeparted(before)).toBe(identify(process.pid) !== undefined && process.platform === 'linux');
  expect(isDeparted(before.replace(/\.[0-9a-f]{8}-/, '.00000000-'))).toBe(false);
});
