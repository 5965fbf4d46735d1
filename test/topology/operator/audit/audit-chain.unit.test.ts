import { expect, test } from 'vitest';
import type { AuditEntry } from '../../../../schemas/types.ts';
import { chained, chainFaults, type Deed } from '../../../../topology/operator/audit/audit-chain.ts';

const deed = (subject: string): Deed => ({
  actor: 'ada', action: 'discarded', subject, orderId: 'O-1', reason: 'noise', destination: '', beforeHash: 'aa', afterHash: '',
});
const log = (): AuditEntry[] => {
  const first = chained(null, [deed('receive/0/1'), deed('receive/0/2')], 1_000);
  return [...first, ...chained(first.at(-1) as AuditEntry, [deed('hold/0/7'), deed('hold/0/8')], 2_000)];
};
const faults = (records: Parameters<typeof chainFaults>[0]): string[] => [...chainFaults(records)];

test('entries of several commands form one chain', () => {
  expect(log().map(({ sequence, at }) => [sequence, at])).toEqual([[1, 1_000], [2, 1_000], [3, 2_000], [4, 2_000]]);
  expect(faults(log())).toEqual([]);
  expect(faults([])).toEqual([]);
});

test.each([0, 1, 2])('leaving out entry %i + 1 is named', (at) => {
  expect(faults(log().toSpliced(at, 1))).toEqual([`audit entry ${at + 1} is missing`]);
});

test.each(['actor', 'action', 'subject', 'orderId', 'reason', 'destination', 'beforeHash', 'afterHash'] as const)('an altered %s is named', (field) => {
  for (const at of [0, 2, 3]) {
    const records = log();
    records[at] = { ...(records[at] as AuditEntry), [field]: 'other' };
    expect(faults(records)).toEqual([expect.stringMatching(new RegExp(`^audit entry ${at + 1} \\(\\w+ \\S+\\) was altered$`))]);
  }
});

test('an altered time is named', () => {
  const records = log();
  (records[1] as AuditEntry).at += 1;
  expect(faults(records)).toEqual(['audit entry 2 (discarded receive/0/2) was altered']);
});

test('an entry forged with a hash that fits it is given away by the next', () => {
  const records = log();
  const [forged] = chained(records[0] as AuditEntry, [deed('receive/0/99')], 1_000);
  records[1] = forged as AuditEntry;
  expect(faults(records)).toEqual(['audit entry 3 does not follow entry 2, which was replaced']);
});

test('an entry that stands there twice, or in another place, is named', () => {
  const [one, two, three, four] = log() as [AuditEntry, AuditEntry, AuditEntry, AuditEntry];
  expect(faults([one, two, two, three, four])).toContain('audit entry 2 (discarded receive/0/2) stands where entry 3 belongs');
  expect(faults([one, three, two, four])).toContain('audit entry 2 is missing');
});

test('what is no entry is named', () => {
  const records = log();
  expect(faults([records[0] as AuditEntry, { unreadable: 'noise' }, ...records.slice(2)])).toEqual(['audit entry 2 cannot be read (noise)']);
});
