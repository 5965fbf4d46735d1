// What every npm script runs first, with whatever Node is at hand (18 or newer): installs the packages when they are missing or
// older than the lock file, then hands over to Node 24, which runs the TypeScript sources as they are.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NEEDED_MAJOR = 24;
const ENTRIES = {
  start: 'topology/local/start.ts',
  test: 'test/run.mjs',
  iaros: 'topology/cli.ts',
  bench: 'test/bench/run.ts',
  chaos: 'test/chaos/run.ts',
  generate: 'topology/local/generate.ts',
};

const repo = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const modules = join(repo, 'node_modules');

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

/** npm keeps a record of what it put into node_modules: compared with the lock file by content, as clocks and checkouts mislead. */
function isInstalled() {
  const record = join(modules, '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = packagesIn(record);
  const wanted = Object.entries(packagesIn(join(repo, 'package-lock.json'))).filter(([path]) => path !== '');
  return wanted.every(([path, { version, optional }]) =>
    installed[path] ? installed[path].version === version : optional === true,
  );
}

function packagesIn(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

function install() {
  console.error('installing npm packages (once, about a minute)');
  const started = Date.now();
  const ticker = spawn(
    process.execPath,
    ['-e', "let s=0;setInterval(()=>console.error('installing npm packages: '+(s+=5)+' s'),5000)"],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const npm = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--include=dev', '--loglevel=error'], {
    cwd: repo,
    encoding: 'utf8',
  });
  ticker.kill();
  if (npm.error)
    fail(`The packages cannot be installed, npm does not run (${npm.error.message}): install Node.js with npm.`);
  if (npm.status !== 0) {
    process.stderr.write(npm.stdout + npm.stderr);
    if (/ENOSPC/.test(npm.stderr)) fail(`The disk under ${repo} is full: free some space there and try again.`);
    fail('The packages could not be installed: see what npm says above, put it right and run the same command again.');
  }
  console.error(`npm packages are installed after ${Math.round((Date.now() - started) / 1000)} s`);
}

/** The packaged Node 24, else this one when it is new enough. */
function findNode() {
  const packaged = join(modules, '.bin', 'node');
  if (majorOf(packaged) >= NEEDED_MAJOR) return packaged;
  if (Number(process.versions.node.split('.')[0]) >= NEEDED_MAJOR) return process.execPath;
  return fail(
    `Node.js ${NEEDED_MAJOR} or newer is needed, this is ${process.versions.node}, and there is no packaged one for ${process.platform}-${process.arch}: ` +
      'install it from your package manager or https://nodejs.org.',
  );
}

function majorOf(node) {
  const { status, stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  return status === 0 ? Number(stdout.slice(1).split('.')[0]) : 0;
}

const [command, ...args] = process.argv.slice(2);
const entry = ENTRIES[command];
if (!entry) fail(`There is no command ${command ?? ''}: use one of ${Object.keys(ENTRIES).join(', ')}.`);
if (!isInstalled()) install();
const node = findNode();
const child = spawn(node, ['--disable-warning=ExperimentalWarning', join(repo, entry), ...args], {
  stdio: 'inherit',
  env: { ...process.env, PATH: `${join(modules, '.bin')}:${process.env.PATH}` },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => fail(`${node} does not run: ${error.message}`));
child.on('exit', (code, signal) => process.exit(signal ? 1 : code));
