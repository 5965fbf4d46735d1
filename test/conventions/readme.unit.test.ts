import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { OrderBody } from '../../ingress/order-body.ts';
import { ENDPOINTS } from '../../ingress/routes/index.ts';
import { analyticsQueries } from '../../connectors/clickhouse/analytics.ts';
import { orderFlow } from '../../topology/order-flow.ts';
import { CONFIG_FIELDS } from '../../topology/runtime/config.ts';
import { readmeBlocks } from '../../topology/generate.ts';
import { startOptions } from '../../topology/local/start-options.ts';
import { topicsOf } from '../../topology/topics.ts';
import { sourceFiles } from './sources.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const PAGES = ['README.md', ...globSync('docs/*.md', { cwd: ROOT })].sort();
const pages = PAGES.map((path) => ({ path, text: read(path) }));
const everything = pages.map(({ text }) => text).join('\n');

/** Every match's first group, each once, in all pages. */
function named(pattern: RegExp, text = everything): string[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1] as string))];
}

const packageScripts = JSON.parse(read('package.json')).scripts as Record<string, string>;

test('there are pages to look at', () => {
  expect(PAGES).toEqual(
    expect.arrayContaining(['README.md', 'docs/architecture.md', 'docs/operations.md', 'docs/topics.md']),
  );
});

test('npm scripts that are named exist, and lead to files', () => {
  const scripts = named(/\bnpm (?:run )?(start|test|(?<=run )[a-z:]+)\b/g);
  expect(scripts.length).toBeGreaterThan(3);
  expect(scripts.filter((script) => !(script in packageScripts))).toEqual([]);
  const entries = new Map(
    [...read('topology/local/bootstrap.mjs').matchAll(/^ {2}(\w+): '([^']+)',$/gm)].map(([, name, file]) => [
      name,
      file as string,
    ]),
  );
  const broken = scripts.filter((script) => !existsSync(join(ROOT, entries.get(script) ?? 'absent')));
  expect(broken).toEqual([]);
});

test('the options of npm start that are named are taken', () => {
  const lines = named(/npm start -- (--[^`\n"]+)/g);
  expect(lines.length).toBeGreaterThan(2);
  for (const line of lines) expect(() => startOptions(line.trim().split(' '), {}), line).not.toThrow();
  expect(() => startOptions(['--frsh'], {})).toThrow();
});

const helps = new Map<string, string | null>();

/** The help of a command of iaros, by its words; null where there is none of that name. */
function help(words: readonly string[]): string | null {
  const key = words.join(' ');
  if (!helps.has(key)) helps.set(key, askForHelp(words));
  return helps.get(key) ?? null;
}

function askForHelp(words: readonly string[]): string | null {
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'topology/cli.ts'), ...words, '--help'], {
    encoding: 'utf8',
  });
  const usage = /^Usage: iaros(.*)$/m.exec(stdout)?.[1] ?? '';
  return status === 0 && usage.startsWith(words.map((word) => ` ${word}`).join('')) ? stdout : null;
}

test('the commands of iaros that are named exist, with their options and nodes', { timeout: 60_000 }, () => {
  const lines = named(/(?:npm run iaros --|topology\/cli\.ts) ([a-z][^`\n&]*)/g).map((line) =>
    line.replace(/[;|].*/, '').trim(),
  );
  expect(lines.length).toBeGreaterThan(10);
  const faults = lines.flatMap((line) => {
    const [first = '', second = ''] = line.split(/\s+/);
    const text = help(first === 'dlq' ? [first, second] : [first]);
    if (text === null) return [`there is no command: ${line}`];
    return named(/(--[a-z-]+)/g, line)
      .filter((option) => !text.includes(option))
      .map((option) => `${line}: no option ${option}`);
  });
  expect(faults).toEqual([]);
  const nodes = [...orderFlow.nodes.map(({ name }) => name), 'all', 'sinks', 'postgres-sink', 'clickhouse-sink'];
  expect(named(/(?:iaros --|cli\.ts) run ([a-z-]+)/g).filter((name) => !nodes.includes(name))).toEqual([]);
  expect(help(['frobnicate'])).toBeNull();
});

test('every command of iaros is in the runbook', { timeout: 60_000 }, () => {
  const commands = [...(help([]) as string).matchAll(/^ {2}([a-z]+) /gm)]
    .map(([, name]) => name as string)
    .filter((name) => name !== 'help');
  expect(commands).toEqual(expect.arrayContaining(['topology', 'lag', 'provision', 'rebuild']));
  const runbook = read('docs/operations.md');
  expect(commands.filter((name) => !runbook.includes(`npm run iaros -- ${name}`))).toEqual([]);
});

test('the variables that are named are read somewhere, and those that are read are named', () => {
  const ours = /\b(IAROS_[A-Z_]+|[A-Z]+_URL|SCHEMA_REGISTRY_URL|KAFKA_BROKERS|FAILPOINT|BENCH_[A-Z_]+)\b/g;
  const declared = new Set(CONFIG_FIELDS.map(({ env }) => env));
  const sources = [...sourceFiles(), ...globSync('test/bench/*.ts', { cwd: ROOT })].map(read).join('\n');
  const direct = new Set(
    [...sources.matchAll(/env(?:\.|\[')(IAROS_[A-Z_]+|FAILPOINT|BENCH_[A-Z_]+)\b/g)].map(([, name]) => name as string),
  );
  for (const [, name] of read('connectors/sandbox/config.ts').matchAll(ours)) direct.add(name as string);
  const known = new Set([...declared, ...direct]);
  expect(named(ours).filter((name) => !known.has(name))).toEqual([]);
  const documented = new Set(named(ours));
  expect([...known].filter((name) => !documented.has(name))).toEqual([]);
});

test('the links lead somewhere', () => {
  const dead = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link]) => link as string)
      .filter((link) => !/^https?:/.test(link))
      .flatMap((link) => {
        const [file = '', anchor] = link.split('#');
        const target = file === '' ? path : join(dirname(path), file);
        if (!existsSync(join(ROOT, target))) return [`${path}: ${link}`];
        return anchor === undefined || anchorsOf(read(target)).has(anchor) ? [] : [`${path}: ${link}`];
      }),
  );
  expect(dead).toEqual([]);
});

const anchorsOf = (markdown: string): Set<string> =>
  new Set(
    [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
      (title as string)
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  );

test('the files that are named are there', () => {
  const folders = 'schemas|topology|processors|connectors|ingress|test|docs|k8s';
  const paths = named(new RegExp(`(?<![\\w./-])((?:${folders})/[\\w./-]*\\w)`, 'g'));
  expect(paths.length).toBeGreaterThan(20);
  expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

test('the topics and queries that are named are declared', () => {
  const topics = new Set(topicsOf(orderFlow).map(({ name }) => name));
  expect(named(/`((?:orders|internal|dlq)\.[a-z.-]+\.v\d)(?:-value)?`/g).filter((name) => !topics.has(name))).toEqual(
    [],
  );
  const queries = named(/^\| `([a-z_]+)` \|/gm, read('docs/analysts.md').split('Ten ready queries')[1]);
  expect(queries).toEqual([...analyticsQueries().keys()]);
});

test('the paths of the API that examples call are served', () => {
  const called = named(/127\.0\.0\.1:8080(\/[^\s'"`?]*)/g).map((path) => path.replace('$ID', ':orderId'));
  expect(called.length).toBeGreaterThan(3);
  const served = new Set(ENDPOINTS.map(({ path }) => path));
  expect(called.filter((path) => !served.has(path))).toEqual([]);
});

test('the README holds its generated blocks, and nothing that looks like one', () => {
  const markers = named(/<!-- generated:([a-z]+) -->/g, read('README.md'));
  expect(markers).toEqual(['flow', 'nodes', 'configuration']);
  expect(markers.filter((name) => !(name in readmeBlocks(orderFlow)))).toEqual([]);
});

test('shell examples are whole: quotes and continuations end', () => {
  const scripts = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, script]) => ({ path, script: script as string })),
  );
  expect(scripts.length).toBeGreaterThan(10);
  const broken = scripts.filter(({ script }) => spawnSync('bash', ['-n'], { input: script }).status !== 0);
  expect(broken).toEqual([]);
});

test('the example order in the README passes the checks of the API', () => {
  const [, body] = /-d '(\{\n[\s\S]*?\n\})'\n/.exec(read('README.md')) ?? [];
  const order = JSON.parse((body as string).replaceAll("'$DAY'", '2026-12-24'));
  expect(OrderBody.safeParse(order).error?.issues).toBeUndefined();
  expect(OrderBody.safeParse({ ...order, channel: 'fax' }).success).toBe(false);
});
