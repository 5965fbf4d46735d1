import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { mutantTable } from './mutant-table.ts';
import { MUTANTS } from './mutants.ts';
import { plant } from './plant.ts';
import { missing } from './required-coverage.ts';
import { installVirtualGlobals, realNow } from './virtual-globals.ts';
import { inWorkers } from './workers.ts';

const TRACE_LINES = 1_000_000;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' }, seeds: { type: 'string', default: '1000' }, from: { type: 'string', default: '1' },
    mutant: { type: 'string' }, mutants: { type: 'boolean', default: false }, workers: { type: 'string' },
  },
});
const mutant = values.mutant === undefined ? null : values.mutant;
if (mutant !== null && !MUTANTS.some(({ name }) => name === mutant)) throw new Error(`there is no mutant ${mutant}`);
const workers = Number(values.workers ?? availableParallelism());
if (values.mutants) process.exitCode = (await mutantTable(workers)) ? 0 : 1;
else if (values.seed !== undefined) process.exitCode = (await replay(Number(values.seed))) ? 0 : 1;
else process.exitCode = (await many(Number(values.from), Number(values.seeds))) ? 0 : 1;

/** One seed with everything it did. */
async function replay(seed: number): Promise<boolean> {
  installVirtualGlobals();
  const planted = MUTANTS.find(({ name }) => name === mutant);
  if (planted) plant(planted);
  const { runSeed } = await import('./run-seed.ts');
  const { trace, violations, statuses, traceHash, events, virtualMs } = await runSeed(seed, { keepTrace: TRACE_LINES });
  for (const line of trace) console.log(line);
  for (const violation of violations) console.log(`VIOLATION ${violation}`);
  console.log(JSON.stringify({ seed, traceHash, events, virtualMs, statuses, violations: violations.length }));
  return violations.length === 0;
}

async function many(from: number, seeds: number): Promise<boolean> {
  const started = realNow();
  const told = new Set<number>();
  const result = await inWorkers({ from, seeds, untilBroken: false, mutant }, workers, ({ seeds: done, broken }) => {
    for (const { seed, violation } of broken.filter((each) => !told.has(each.seed))) {
      told.add(seed);
      console.log(`seed ${seed}: ${violation}\n  npm run simulate -- --seed ${seed}`);
    }
    console.log(`${done} of ${seeds} seeds, ${broken.length} broken, ${((1_000 * done) / (realNow() - started)).toFixed(1)} seeds/s`);
  });
  const unseen = missing(result.coverage);
  if (unseen.length > 0) console.log(`never seen: ${unseen.join('; ')}`);
  console.log(JSON.stringify({ seeds: result.seeds, events: result.events, broken: result.broken.length, neverSeen: unseen.length }));
  return result.broken.length === 0;
}
