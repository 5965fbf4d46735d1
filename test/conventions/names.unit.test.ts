import { basename, dirname } from 'node:path';
import { expect, test } from 'vitest';
import { orderFlow } from '../../topology/order-flow.ts';
import { sourceFiles } from './sources.ts';

/** Names that say nothing of what is in the file. */
const EMPTY_WORDS = /(^|-)(utils?|common|helpers?|misc|stuff|shared|lib|tools?)(-|$)/;

const files = sourceFiles();
const wordsOf = (file: string): string[] => [...dirname(file).split('/'), basename(file, '.ts')];

test('files and folders are named for what they hold', () => {
  expect(files.filter((file) => wordsOf(file).some((word) => EMPTY_WORDS.test(word)))).toEqual([]);
});

test('such a name would be found', () => {
  expect(['utils', 'http-helpers', 'common', 'date-util'].filter((word) => !EMPTY_WORDS.test(word))).toEqual([]);
  expect(['utilisation', 'library', 'tooltip'].filter((word) => EMPTY_WORDS.test(word))).toEqual([]);
});

test('names are lower case with hyphens', () => {
  expect(
    files.filter((file) => wordsOf(file).some((word) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)?$/.test(word))),
  ).toEqual([]);
});

test('each node has a file of its own name that exports its function', async () => {
  for (const { name } of orderFlow.nodes) {
    const named = files.filter((file) => file.startsWith('processors/') && basename(file) === `${name}.ts`);
    expect(named, name).toHaveLength(1);
    const exported = Object.values(await import(/* @vite-ignore */ `../../${named[0]}`));
    expect(exported, name).toContain(orderFlow.nodes.find((node) => node.name === name)?.run);
  }
});
