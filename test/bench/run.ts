import { parseArgs } from 'node:util';
import { interrupt, Interrupted, say } from './environment.ts';
import { measureEvenness } from './evenness.ts';
import { record } from './record.ts';
import { RESULTS } from './results/index.ts';

const MEASUREMENTS: Record<string, () => Promise<{ measure(): Promise<object> }>> = {
  orders: () => import('./orders.ts'),
  chain: () => import('./chain.ts'),
  stored: () => import('./stored.ts'),
  availability: () => import('./availability.ts'),
  scale: () => import('./scale.ts'),
  restore: () => import('./restore.ts'),
  soak: () => import('./soak.ts'),
};

/**
 * `npm run bench -- [NAME] [--write]`: measures one thing (`orders` unless named) and prints one JSON object; `all` measures everything, one
 * after another. `--write` keeps results under docs/measured and brings the pages that tell of them up to date.
 */
const { values, positionals } = parseArgs({ options: { write: { type: 'boolean' } }, allowPositionals: true });
const [wanted = 'orders', ...more] = positionals;
const names = wanted === 'all' ? Object.keys(RESULTS) : [wanted];
if (more.length > 0 || !names.every((name) => Object.hasOwn(MEASUREMENTS, name))) {
  console.error(`There is no measurement ${positionals.join(' ')}: one of ${Object.keys(RESULTS).join(', ')}, all.`);
  process.exit(1);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
try {
  for (const name of names) {
    const evenness = await measureEvenness();
    say(`the machine at rest: ${JSON.stringify(evenness)}`);
    const result = (await (await MEASUREMENTS[name]?.())?.measure()) as object;
    console.log(JSON.stringify(result, null, 2));
    if (values.write) record(name, result, evenness);
  }
} catch (error) {
  if (!(error instanceof Interrupted)) throw error;
  say(error.message);
  // Some of what was measured may still be at work.
  process.exit(130);
}
