import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SandboxStore } from '../../../connectors/sandbox/store.ts';

let folder: string;
let store: SandboxStore;
let insert: (id: number) => void;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iaros-store-'));
  store = new SandboxStore(join(folder, 'sub', 'books.sqlite'));
  store.declare('CREATE TABLE entry (id INTEGER PRIMARY KEY)');
  const statement = store.prepare('INSERT INTO entry VALUES (?)');
  insert = (id) => void statement.run(id);
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

/** What another process sees, which is what is left after a kill. */
function committed(): number[] {
  const reader = new DatabaseSync(join(folder, 'sub', 'books.sqlite'), { readOnly: true });
  const rows = reader.prepare('SELECT id FROM entry ORDER BY id').all() as { id: number }[];
  reader.close();
  return rows.map(({ id }) => id);
}

describe('sandbox store', () => {
  it('answers only what is committed, one transaction for all of one turn', async () => {
    const first = store.transact(() => insert(1));
    const second = store.transact(() => insert(2));
    expect(committed()).toEqual([]);
    await first;
    expect(committed()).toEqual([1, 2]);
    await second;
  });

  it('fails everybody in a transaction that fails, and goes on after it', async () => {
    const fine = store.transact(() => insert(1));
    const broken = store.transact(() => {
      insert(2);
      throw new Error('disk on fire');
    });
    await expect(broken).rejects.toThrow('disk on fire');
    await expect(fine).rejects.toThrow('disk on fire');
    expect(committed()).toEqual([]);
    await store.transact(() => insert(3));
    expect(committed()).toEqual([3]);
  });

  it('commits what is open when it is closed', async () => {
    const open = store.transact(() => insert(1));
    store.close();
    await open;
    expect(committed()).toEqual([1]);
    store = new SandboxStore(':memory:');
  });
});
