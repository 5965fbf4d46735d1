import { expect, test } from 'vitest';
import { type Import, importsOf, readImports, sourceFiles } from './sources.ts';

interface Layer {
  name: string;
  /** A path that ends in a slash is a folder. The first layer that fits a file is its own. */
  paths: readonly string[];
  /** Layers below that it may import; itself always. */
  below: readonly string[];
}

const VOCABULARY = ['schemas', 'order states', 'ports'];
const FLOW = [...VOCABULARY, 'processors', 'flow'];

/** Which way imports point, lowest first. */
const LAYERS: readonly Layer[] = [
  { name: 'schemas', paths: ['schemas/'], below: [] },
  { name: 'order states', paths: ['topology/order-states.ts'], below: ['schemas'] },
  { name: 'ports', paths: ['connectors/ports/'], below: ['schemas'] },
  { name: 'registry', paths: ['connectors/registry.ts'], below: ['connectors', 'ports', 'processors'] },
  { name: 'connectors', paths: ['connectors/'], below: ['schemas', 'ports'] },
  { name: 'processors', paths: ['processors/'], below: VOCABULARY },
  {
    name: 'flow',
    below: [...VOCABULARY, 'processors'],
    paths: ['define', 'order-flow', 'topics', 'topic-config', 'edges', 'walk', 'check'].map(
      (file) => `topology/${file}.ts`,
    ),
  },
  { name: 'node flags', paths: ['topology/node-flags.ts'], below: [] },
  { name: 'derive', paths: ['topology/derive/'], below: [...FLOW, 'node flags'] },
  { name: 'runtime', paths: ['topology/runtime/'], below: [...FLOW, 'connectors', 'registry'] },
  { name: 'generate', paths: ['topology/generate.ts'], below: [...FLOW, 'derive', 'runtime'] },
  { name: 'local', paths: ['topology/local/'], below: [...FLOW, 'runtime', 'node flags'] },
  { name: 'demo', paths: ['topology/demo/'], below: FLOW },
  { name: 'ingress', paths: ['ingress/'], below: [...FLOW, 'connectors', 'registry', 'runtime', 'derive'] },
  {
    name: 'operator',
    paths: ['topology/operator/', 'topology/cli.ts'],
    below: [...FLOW, 'connectors', 'registry', 'runtime', 'derive', 'local', 'demo'],
  },
];

const layerOf = (file: string): Layer | undefined =>
  LAYERS.find(({ paths }) => paths.some((path) => (path.endsWith('/') ? file.startsWith(path) : file === path)));

const isOurs = ({ target }: Import): boolean => target.endsWith('.ts');

/** Imports against the direction, as sentences. */
function against(imports: readonly Import[]): string[] {
  return imports.filter(isOurs).flatMap(({ file, target }) => {
    const from = layerOf(file);
    const to = layerOf(target);
    if (!from || !to) return [`${from ? target : file} is in no layer`];
    return from === to || from.below.includes(to.name) ? [] : [`${file} (${from.name}) imports ${target} (${to.name})`];
  });
}

const files = sourceFiles();
const imports = files.flatMap(importsOf);

test('every source file is in a layer', () => {
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter((file) => !layerOf(file))).toEqual([]);
});

test('imports point one way', () => {
  expect(imports.filter(isOurs).length).toBeGreaterThan(300);
  expect(against(imports)).toEqual([]);
});

test('no layer may import one that may import it', () => {
  const below = new Map(LAYERS.map((layer) => [layer.name, layer.below]));
  const reach = (name: string, seen = new Set<string>()): Set<string> => {
    for (const next of below.get(name) ?? []) if (!seen.has(next)) reach(next, seen.add(next));
    return seen;
  };
  expect(LAYERS.filter(({ name }) => reach(name).has(name)).map(({ name }) => name)).toEqual([]);
});

test('an import against the direction is found', () => {
  expect(
    against([
      { file: 'schemas/load.ts', target: 'topology/order-flow.ts', typeOnly: true },
      { file: 'processors/orders/validate.ts', target: 'connectors/registry.ts', typeOnly: false },
      { file: 'processors/orders/validate.ts', target: 'schemas/types.ts', typeOnly: false },
      { file: 'elsewhere/a.ts', target: 'schemas/types.ts', typeOnly: false },
    ]),
  ).toEqual([
    'schemas/load.ts (schemas) imports topology/order-flow.ts (flow)',
    'processors/orders/validate.ts (processors) imports connectors/registry.ts (registry)',
    'elsewhere/a.ts is in no layer',
  ]);
});

test('imports are read in every form', () => {
  const text = `import a, { b } from './a.ts';\nimport type { C } from '../c.ts';\nexport { d } from './d.ts';\nimport './e.ts';
import {
  f,
} from 'f';
const g = await import('./g.ts');`;
  expect(readImports(text, 'topology/local/x.ts').map(({ target, typeOnly }) => [target, typeOnly])).toEqual([
    ['topology/local/a.ts', false],
    ['topology/c.ts', true],
    ['topology/local/d.ts', false],
    ['topology/local/e.ts', false],
    ['f', false],
    ['topology/local/g.ts', false],
  ]);
});

test('processors and the flow do no I/O', () => {
  const pure = imports.filter(({ file }) =>
    ['processors', 'flow', 'order states', 'ports'].includes(layerOf(file)?.name ?? ''),
  );
  const outside = pure.filter((one) => !isOurs(one)).map(({ file, target }) => `${file} imports ${target}`);
  expect(outside).toEqual(['processors/payments/velocity.ts imports node:crypto']);
});

test('kafkajs is known to the runtime alone, and loaded with its patches only', () => {
  const users = imports.filter(({ target }) => target === 'kafkajs' || target.startsWith('kafkajs/'));
  expect(users.filter(({ file }) => !file.startsWith('topology/runtime/')).map(({ file }) => file)).toEqual([]);
  expect(
    users
      .filter(({ typeOnly, file }) => !typeOnly && file !== 'topology/runtime/kafkajs-patches.ts')
      .map(({ file }) => file),
  ).toEqual([]);
  expect(users.map(({ file }) => file)).toContain('topology/runtime/kafka.ts');
});
