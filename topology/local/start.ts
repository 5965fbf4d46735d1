import { join } from 'node:path';
import { loadConfig } from '../runtime/config.ts';
import { stopLeftovers } from './data-folder.ts';
import { LocalFault } from './fault.ts';
import { wipeDataFolder } from './fresh.ts';
import { isFree, settlePorts, WORKER_PORTS } from './ports.ts';
import { type Installation, variablesOf, workersOf } from './processes.ts';
import { removeRunFile, writeRunFile } from './run-file.ts';
import { localSecrets } from './secrets.ts';
import { type Stack, startStack } from './stack.ts';
import { type StartOptions, startOptions } from './start-options.ts';
import { type Supervisor, supervise } from './supervisor.ts';
import { orderCommand, textTable } from './welcome.ts';

const say = (line: string) => console.log(line);

/** What is up so far. */
interface Running {
  stack?: Stack;
  installation?: Installation;
  workers?: Supervisor;
  stopping?: boolean;
}

/** `npm start`: the servers, then the product's processes; returns when an order can be placed. */
async function start(options: StartOptions, running: Running): Promise<void> {
  const { dataDir, cacheDir, onlyStack, port } = options;
  if (!onlyStack && !(await isFree(port))) {
    throw new LocalFault(`Port ${port} is taken: stop what listens there, or set IAROS_PORT to a free port.`);
  }
  if (options.fresh) await wipeDataFolder(dataDir, say);
  const changed = () => note(options, running);
  running.stack = await startStack({ dataDir, cacheDir, env: process.env, onProgress: say, onChange: changed });
  if (!onlyStack && !running.stopping) {
    running.installation = await install(options, running.stack);
    running.workers = supervise(workersOf(running.installation), { dataDir, say, changed });
    await running.workers.start();
  }
  if (running.stopping) return;
  changed();
  welcome(options, running.stack, running.installation);
}

/** Makes topics, schemas and tables, and settles what the workers are told. */
async function install({ dataDir, cacheDir, port, demoRate }: StartOptions, { addresses }: Stack): Promise<Installation> {
  const { provision } = await import('../runtime/provision.ts');
  await provision(loadConfig({ ...process.env, ...variablesOf(addresses) }));
  say('topics, schemas and tables are in place');
  const secrets = await localSecrets(dataDir, process.env);
  const ports = { api: port, ...(await settlePorts(join(dataDir, 'worker-ports.json'), WORKER_PORTS, say)) };
  return { addresses, dataDir, compileCacheDir: join(cacheDir, 'compiled'), secrets, env: process.env, ports, ...(demoRate !== undefined && { demoRate }) };
}

/** Writes down what runs now, for the operator's commands. */
function note({ dataDir, port }: StartOptions, { stack, installation, workers, stopping }: Running): void {
  if (!stack || stopping) return;
  writeRunFile({
    dataDir,
    addresses: stack.addresses,
    pids: { ...stack.pids(), ...workers?.pids(), supervisor: process.pid },
    ...(installation && { port, sandboxUrl: `http://127.0.0.1:${installation.ports.sandbox}` }),
  });
}

function welcome({ dataDir, port }: StartOptions, stack: Stack, installation: Installation | undefined): void {
  const api = `http://127.0.0.1:${port}`;
  const sandbox = {
    service: 'Sandbox',
    found: 'this repository',
    address: `http://127.0.0.1:${installation?.ports.sandbox}`,
  };
  const own = installation ? [sandbox, { service: 'API', found: 'this repository', address: api }] : [];
  say(`\n${textTable([...stack.table(), ...own])}\n`);
  say(`data and logs: ${dataDir}`);
  say('stop: Ctrl-C; the next start goes on with the same data, "npm start -- --fresh" begins anew\n');
  if (!installation) return say('ready, servers only');
  say(`place an order:\n${orderCommand(api, installation.secrets.devKey, new Date())}\n`);
  say(`ready ${api}`);
}

/** One Ctrl-C may come by several ways: from the terminal, from npm, from the process that started this one. */
const SAME_SIGNAL_MS = 1_000;

/** The first signal drains and exits 0, a later one ends everything at once. */
function stopOnSignals(dataDir: string, running: Running): void {
  let firstAt: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    if (firstAt === undefined) {
      firstAt = Date.now();
      say('stopping');
      void stop(dataDir, running).then(() => process.exit(0));
    } else if (Date.now() - firstAt > SAME_SIGNAL_MS) {
      say(`${signal} again: ending at once`);
      running.workers?.kill();
      running.stack?.kill();
      process.exit(130);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  // A terminal that was closed takes no more text, and what runs must still be stopped in order.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

async function stop(dataDir: string, running: Running): Promise<void> {
  running.stopping = true;
  removeRunFile(dataDir);
  await running.workers?.stop();
  // While the servers are still starting, what runs by now is on record.
  await (running.stack?.stop() ?? stopLeftovers(dataDir, () => {}));
}

const running: Running = {};
try {
  const options = startOptions(process.argv.slice(2), process.env);
  stopOnSignals(options.dataDir, running);
  // Nothing else keeps this process going when every server is given by address.
  setInterval(() => {}, 60_000);
  await start(options, running).catch(async (error) => {
    if (running.stopping) return;
    if (running.stack) await stop(options.dataDir, running);
    throw error;
  });
} catch (error) {
  // Faults are told in sentences; anything else is a mistake of ours and needs its stack.
  console.error(error instanceof Error && error.name.endsWith('Fault') ? error.message : error);
  process.exit(1);
}
