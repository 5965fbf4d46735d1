import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { incompatibilities } from '../../schemas/compatibility.ts';
import { faultsIn, loadReleases, release, unreleased } from '../../schemas/evolve.ts';
import { type AvroField, type AvroRecord, standaloneSchemas } from '../../schemas/load.ts';

const current = standaloneSchemas();

describe('the schemas of this build', () => {
  it('are readable over every release of theirs', () => {
    expect(faultsIn(current, loadReleases())).toEqual([]);
  });

  it('are all released as they stand: after a change run `node schemas/evolve.ts --release`', () => {
    expect(unreleased(current, loadReleases()).map(({ version, schema }) => `${schema.name}.v${version}`)).toEqual([]);
  });
});

const record = (...fields: AvroField[]): AvroRecord => ({ type: 'record', name: 'Thing', namespace: 'test', fields });
const channel = (...symbols: string[]): AvroField => ({
  name: 'channel',
  type: { type: 'enum', name: 'Channel', symbols },
});
const money: AvroRecord = { type: 'record', name: 'Money', fields: [{ name: 'amount', type: 'long' }] };
const id: AvroField = { name: 'id', type: 'string' };

describe('a change is allowed', () => {
  it.each<[string, AvroRecord, AvroRecord]>([
    ['nothing', record(id), record(id)],
    ['a new field with a default', record(id, { name: 'note', type: ['null', 'string'], default: null }), record(id)],
    ['a field with a default gone', record(id), record(id, { name: 'note', type: 'string', default: '' })],
    ['a new enum symbol', record(channel('web', 'kiosk')), record(channel('web'))],
    [
      'a new union branch',
      record({ name: 'note', type: ['null', 'string', 'long'] }),
      record({ name: 'note', type: ['null', 'string'] }),
    ],
    [
      'fields in another order, the shared record written out elsewhere',
      record({ name: 'b', type: ['null', money] }, { name: 'a', type: 'Money' }),
      record({ name: 'a', type: money }, { name: 'b', type: ['null', 'Money'] }),
    ],
  ])('%s', (_, now, then) => {
    expect(incompatibilities(now, then)).toEqual([]);
  });
});

describe('a change is refused', () => {
  it.each<[string, AvroRecord, AvroRecord, string]>([
    [
      'a new field without a default',
      record(id, { name: 'note', type: 'string' }),
      record(id),
      'Thing.note: is new and has no default',
    ],
    ['a field without a default gone', record(), record(id), 'Thing.id: is gone and had no default'],
    ['a symbol gone', record(channel('web')), record(channel('web', 'voice')), 'Thing.channel: symbol voice is gone'],
    ['another type', record({ name: 'id', type: 'long' }), record(id), 'Thing.id: was string, is long'],
    [
      'a promotion',
      record({ name: 'n', type: 'double' }),
      record({ name: 'n', type: 'int' }),
      'Thing.n: was int, is double',
    ],
    [
      'another logical type',
      record({ name: 'at', type: 'long' }),
      record({ name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } }),
      'Thing.at: was long (timestamp-millis), is long',
    ],
    [
      'a union branch gone',
      record({ name: 'n', type: ['null', 'long'] }),
      record({ name: 'n', type: ['null', 'string', 'long'] }),
      'Thing.n: string is gone from the union',
    ],
    [
      'a change within a shared record',
      record({ name: 'all', type: { type: 'array', items: { ...money, fields: [] } } }),
      record({ name: 'all', type: { type: 'array', items: money } }),
      'Thing.all[].amount: is gone and had no default',
    ],
    ['another namespace', { ...record(id), namespace: 'other' }, record(id), 'Thing: no alias found for test.Thing'],
  ])('%s', (_, now, then, reason) => {
    expect(incompatibilities(now, then)).toEqual([reason]);
  });
});

describe('releasing', () => {
  let folder: URL;
  beforeEach(() => {
    folder = pathToFileURL(`${mkdtempSync(join(tmpdir(), 'iaros-released-'))}/`);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('writes what changed, and nothing the second time', () => {
    expect(release(folder, [record(id)])).toEqual(['thing.v1.avsc']);
    expect(release(folder, [record(id)])).toEqual([]);
    expect(release(folder, [record({ ...id, doc: 'Said better.' })])).toEqual([]);
    const wider = record(id, { name: 'note', type: 'string', default: '' });
    expect(release(folder, [wider])).toEqual(['thing.v2.avsc']);
    expect(JSON.parse(readFileSync(new URL('thing.v2.avsc', folder), 'utf8'))).toEqual(wider);
  });

  it('measures a change against all releases, not the newest alone', () => {
    release(folder, [record(id, { name: 'note', type: 'string', default: '' })]);
    release(folder, [record(id)]);
    expect(() => release(folder, [record(id, { name: 'note', type: 'long', default: 0 })])).toThrow(
      'Thing.note: was string, is long (release 1)',
    );
    expect(readdirSync(folder).sort()).toEqual(['thing.v1.avsc', 'thing.v2.avsc']);
  });

  it('misses a record that is gone, and a release that is', () => {
    const releases = [
      { version: 1, schema: record(id) },
      { version: 3, schema: record(id) },
    ];
    expect(faultsIn([record(id)], releases)).toEqual(['Thing: release 3 follows a gap']);
    expect(faultsIn([], releases)).toEqual(['Thing: was released and is gone']);
  });
});
