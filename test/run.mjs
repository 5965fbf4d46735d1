// Runs all tests, or those named by the arguments, and ends with one line of counts.
import { dirname, join } from 'node:path';
import { startVitest } from 'vitest/node';

const root = dirname(import.meta.dirname);
const args = process.argv.slice(2);
const filters = args.filter((it) => !it.startsWith('-'));
const { projects, testNamePattern, reporter } = options(args);

function options(given) {
  const valuesOf = (name) => given.filter((it) => it.startsWith(`--${name}=`)).map((it) => it.slice(name.length + 3));
  const unknown = given.filter((it) => it.startsWith('-') && !/^--(project|test-name|reporter)=/.test(it));
  if (unknown.length > 0) {
    console.error(
      `Unknown option ${unknown[0]}: npm test -- [--project=unit|stack|system|simulation] [--test-name=TEXT] [--reporter=NAME] [file ...]`,
    );
    process.exit(1);
  }
  return {
    projects: valuesOf('project'),
    testNamePattern: valuesOf('test-name')[0],
    reporter: valuesOf('reporter')[0],
  };
}

const vitest = await startVitest('test', filters, {
  root,
  config: join(import.meta.dirname, 'vitest.config.ts'),
  watch: false,
  ...(projects.length > 0 && { project: projects }),
  ...(testNamePattern && { testNamePattern }),
  reporters: [reporter ?? 'default'],
});
const modules = vitest?.state.getTestModules() ?? [];
const tally = { passed: 0, failed: 0, skipped: 0 };
for (const module of modules) {
  for (const test of module.children.allTests()) tally[test.result().state] += 1;
  // A file that cannot be loaded holds no test that could fail.
  if (module.state() === 'failed' && [...module.children.allTests('failed')].length === 0) tally.failed += 1;
}
const unhandled = vitest?.state.getUnhandledErrors().length ?? 0;
const broken = tally.failed + unhandled;
await vitest?.close();
const nothing = modules.length === 0 || tally.passed + broken === 0;
if (nothing) console.error('no test was run');
console.log(`${tally.passed} passed, ${broken} failed${tally.skipped > 0 ? `, ${tally.skipped} skipped` : ''}`);
process.exit(broken > 0 || nothing || process.exitCode ? 1 : 0);
