import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readZipEntry } from '../../topology/local/zip-entry.ts';

/** A zip as the format's description has it: local headers with data, the directory, its end. */
function zip(entries: { name: string; data: Buffer; packed: boolean }[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, data, packed } of entries) {
    const bytes = packed ? deflateRawSync(data) : data;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const listed = Buffer.alloc(46);
    listed.writeUInt32LE(0x02014b50, 0);
    listed.writeUInt16LE(packed ? 8 : 0, 10);
    listed.writeUInt32LE(bytes.length, 20);
    listed.writeUInt32LE(data.length, 24);
    listed.writeUInt16LE(name.length, 28);
    listed.writeUInt32LE(at, 42);
    directory.push(listed, Buffer.from(name));
    bodies.push(local, Buffer.from(name), bytes);
    at += 30 + name.length + bytes.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...bodies, ...directory, end]);
}

let folder: string;
let file: string;
const large = Buffer.from('redis'.repeat(10_000));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iaros-zip-'));
  file = join(folder, 'a.jar');
  await writeFile(
    file,
    zip([
      { name: 'META-INF/x', data: Buffer.from('x'), packed: false },
      { name: 'redis-linux', data: large, packed: true },
    ]),
  );
});
afterAll(() => rm(folder, { recursive: true }));

test('an entry is found by name, packed or not', async () => {
  expect(await readZipEntry(file, (name) => name.endsWith('linux'))).toEqual(large);
  expect(await readZipEntry(file, (name) => name === 'META-INF/x')).toEqual(Buffer.from('x'));
});

test('what is not there is undefined; what is no archive is an error', async () => {
  expect(await readZipEntry(file, (name) => name === 'windows')).toBeUndefined();
  const other = join(folder, 'plain');
  await writeFile(other, 'not an archive, though long enough to be one');
  await expect(readZipEntry(other, () => true)).rejects.toThrow('is not a zip archive');
});
