import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { asyncApi } from './derive/asyncapi.ts';
import { docPages } from './derive/docs.ts';
import { kubernetesFiles } from './derive/kubernetes.ts';
import { code, markdownTable, replaceBlocks } from './derive/markdown.ts';
import { mermaidOf, stateDiagram } from './derive/mermaid.ts';
import { nodesTable, statusesTable, topicsTable } from './derive/tables.ts';
import { checkFlow } from './check.ts';
import type { Flow } from './define.ts';
import { orderFlow } from './order-flow.ts';
import { CONFIG_FIELDS } from './runtime/config.ts';

const ROOT = join(import.meta.dirname, '..');
/** Folders that hold generated files and nothing else. */
const OWNED = ['k8s/nodes', 'k8s/topics'];

/**
 * Everything that is derived from the flow, by path from the root of the repository. Throws on a flow that cannot run.
 */
export function derivedFiles(flow: Flow): Record<string, string> {
  const faults = checkFlow(flow);
  if (faults.length > 0) throw new Error(`the flow has faults:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  return { ...docPages(flow), 'docs/asyncapi.yaml': asyncApi(flow), ...kubernetesFiles(flow), ...readme(flow) };
}

/** Paths whose content on disk differs from what is derived, or that are left over. */
export function staleFiles(files: Readonly<Record<string, string>>): string[] {
  const differing = Object.entries(files)
    .filter(([path, text]) => textOf(path) !== text)
    .map(([path]) => path);
  return [...differing, ...leftOver(files)];
}

/** The README's own words, with its marked blocks brought up to date. */
function readme(flow: Flow): Record<string, string> {
  const text = textOf('README.md');
  return text === null ? {} : { 'README.md': replaceBlocks(text, readmeBlocks(flow)) };
}

/** Blocks a README may hold, by the names in its markers. */
export function readmeBlocks(flow: Flow): Record<string, string> {
  const mermaid = (diagram: string): string => `\`\`\`mermaid\n${diagram.trim()}\n\`\`\``;
  return {
    topics: topicsTable(flow),
    nodes: nodesTable(flow),
    statuses: statusesTable(),
    flow: mermaid(mermaidOf(flow)),
    states: mermaid(stateDiagram()),
    configuration: markdownTable(
      ['variable', 'in the file', 'default', 'what'],
      CONFIG_FIELDS.map(({ name, env, default: fallback, doc }) => [
        code(env),
        code(name),
        fallback === '' ? '-' : code(fallback),
        doc,
      ]),
    ),
  };
}

function leftOver(files: Readonly<Record<string, string>>): string[] {
  return OWNED.filter((folder) => existsSync(join(ROOT, folder)))
    .flatMap((folder) => readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`))
    .filter((path) => !(path in files));
}

function textOf(path: string): string | null {
  const file = join(ROOT, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

function write(files: Readonly<Record<string, string>>): void {
  for (const path of leftOver(files)) rmSync(join(ROOT, path));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
  }
}

if (import.meta.main) {
  const files = derivedFiles(orderFlow);
  const stale = staleFiles(files);
  if (!process.argv.includes('--check')) write(files);
  else if (stale.length > 0) {
    console.error(`stale, run \`npm run generate\`:\n${stale.map((path) => `  ${path}`).join('\n')}`);
    process.exit(1);
  }
}
