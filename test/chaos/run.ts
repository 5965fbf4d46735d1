import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Stack, startStack } from '../../topology/local/stack.ts';
import { freePort, Installation } from '../system/installation.ts';
import type { Layout, Scale } from './fault.ts';
import { FAMILIES } from './faults.ts';
import { thisMachine } from '../machine.ts';
import { optionsOf, type SuiteOptions } from './options.ts';
import { closeAll, kafkaPorts, openProxies, type Proxies } from './proxy/proxies.ts';
import { reportLine, type RunReport, writeReport } from './report.ts';
import { type FaultResult, resultsTable } from './results.ts';
import { StackServers } from './servers.ts';
import { Suite } from './suite.ts';

/** Holds of orders whose payer never comes lapse within the run. */
const HOLD_MS = { quick: 10_000, full: 30_000 } as const;
/** A start costs more than a second of a core: many side by side would only wait for each other. */
const STARTS_AT_ONCE = 4;
const FIRST_LAYOUT: Layout = 'one-process';

const say = (line: string): void => void process.stderr.write(`chaos: ${line}\n`);

/** Everything the suite starts, and how it ends. */
class Bench {
  readonly folders: string[] = [];
  readonly stopping = new AbortController();
  readonly #changes = new EventEmitter();
  #guardian: ChildProcess | null = null;
  stack: Stack | null = null;
  installation: Installation | null = null;
  proxies: Proxies | null = null;

  async start(scale: Scale): Promise<{ stack: Stack; servers: StackServers; proxies: Proxies; installation: Installation }> {
    const dataDir = this.#folder('iaros-chaos-servers-');
    const sandboxDir = this.#folder('iaros-chaos-');
    this.#guardian = spawn(process.execPath, [join(import.meta.dirname, 'guardian.ts'), ...this.folders], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    const cacheDir = process.env.IAROS_CACHE_DIR ?? join(import.meta.dirname, '..', '..', '.local', 'cache');
    const kafka = await kafkaPorts();
    const stack = await startStack({
      dataDir, cacheDir, env: ownServers(), ports: 'scattered', kafkaForwarded: kafka.forwarded, onProgress: say, onChange: () => this.#changes.emit('change'),
    });
    this.stack = stack;
    const servers = new StackServers(stack, dataDir, async () => void (await once(this.#changes, 'change')));
    const sandboxUrl = `http://127.0.0.1:${await freePort()}`;
    const proxied = await openProxies(stack.addresses, { kafka, sandboxUrl });
    this.proxies = proxied.proxies;
    const env = { IAROS_HOLD_MS: String(HOLD_MS[scale]), IAROS_LOG_LEVEL: 'info', IAROS_SANDBOX_URL: proxied.sandboxUrl };
    const installation = await Installation.start({ addresses: proxied.addresses, dataDir: sandboxDir, sandboxUrl, env, startsAtOnce: STARTS_AT_ONCE });
    this.installation = installation;
    return { stack, servers, proxies: proxied.proxies, installation };
  }

  /** Ends all that runs; keeps the folders with their logs as evidence where something was wrong. */
  async stop(keep: boolean): Promise<void> {
    await this.installation?.stop();
    if (this.proxies) await closeAll(this.proxies);
    await this.stack?.stop();
    this.#guardian?.kill('SIGKILL');
    if (!keep) for (const folder of this.folders) rmSync(folder, { recursive: true, force: true });
  }

  #folder(prefix: string): string {
    const folder = mkdtempSync(join(tmpdir(), prefix));
    this.folders.push(folder);
    return folder;
  }
}

/** The suite breaks its servers: never those that the environment names. */
function ownServers(): NodeJS.ProcessEnv {
  const { KAFKA_BROKERS: _k, SCHEMA_REGISTRY_URL: _s, REDIS_URL: _r, DATABASE_URL: _d, CLICKHOUSE_URL: _c, ...env } = process.env;
  return env;
}

/** Injects the faults and tells of each as it is over. Nothing where the run was cut short. */
async function runSuite(bench: Bench, options: SuiteOptions): Promise<RunReport> {
  const startedAt = Date.now();
  const parts = await bench.start(options.scale);
  const suite = await Suite.open(options, { ...parts, layout: FIRST_LAYOUT, signal: bench.stopping.signal, say });
  const results: FaultResult[] = [];
  try {
    for await (const result of suite.run()) {
      results.push(result);
      const { fault, violations, seconds, signs } = result;
      say(`${fault}: ${violations.length === 0 ? 'ok' : `${violations.length} VIOLATIONS`} after ${seconds} s ${JSON.stringify(signs)}`);
      for (const violation of violations) say(`  ${violation}`);
    }
  } finally {
    await suite.close();
  }
  const servers = Object.fromEntries(parts.stack.table().map(({ service, found }) => [service, found]));
  return { options, machine: thisMachine(), startedAt, seconds: (Date.now() - startedAt) / 1_000, servers, results };
}

async function main(): Promise<number> {
  const options = optionsOf(process.argv.slice(2), FAMILIES);
  const bench = new Bench();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => bench.stopping.abort());
  say(`${options.scale} run, seed ${options.seed}, ${options.rate} orders a second: ${options.faults.map(({ name }) => name).join(', ')}`);
  let keep = true;
  try {
    const report = await runSuite(bench, options);
    keep = report.results.some(({ violations }) => violations.length > 0);
    console.log(`\n${resultsTable(report.results)}\n`);
    console.log(reportLine(report));
    if (options.write && !keep) writeReport(report);
  } catch (error) {
    keep = !bench.stopping.signal.aborted;
    say(bench.stopping.signal.aborted ? 'stopped before the end' : String(error instanceof Error ? error.stack : error));
    return 1;
  } finally {
    await bench.stop(keep);
    if (keep) say(`evidence is kept in ${bench.folders.join(' and ')}`);
  }
  return keep ? 1 : 0;
}

process.exit(await main());
