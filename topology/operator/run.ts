import { flushCompileCache } from 'node:module';
import type { Server } from 'node:http';
import { orderFlow } from '../order-flow.ts';
import type { FlowNode } from '../define.ts';
import { loadConfig } from '../runtime/config.ts';
import type { Logger } from 'pino';
import { createLog } from '../runtime/log.ts';
import { giveWay } from '../runtime/give-way.ts';
import { SINKS, type SinkName } from '../topics.ts';
import { serveWorker } from '../runtime/worker-server.ts';
import type { Registry } from 'prom-client';

interface Running {
  registry: Registry;
  stop(): Promise<void>;
}

const HARD_LIMIT_MS = 20_000;

/** Runs nodes or sinks until SIGTERM or SIGINT; then finishes what is at work, commits, leaves the groups and exits 0. */
export async function runNodes(names: string[]): Promise<void> {
  const sinks = sinksNamed(names);
  const nodes = sinks ? [] : nodesNamed(names);
  const config = loadConfig();
  const log = createLog(names.join('+'), config.logLevel);
  const onFatal = (reason: string): void => {
    log.fatal({ reason }, 'cannot go on; exiting for a restart');
    process.exit(1);
  };
  let ready = false;
  const running = sinks
    ? await (await import('../runtime/sinks/start.ts')).startSinks(config, { sinks, log, onFatal })
    : await (await import('../runtime/pipeline.ts')).startPipeline({ config, flow: orderFlow, nodes, log, onFatal });
  const server = config.workerPort > 0 ? await serveWorker(config.host, config.workerPort, running.registry, () => ready) : null;
  ready = true;
  // Not before: a sink that starts has something to catch up with.
  if (sinks) giveWay();
  log.info({ nodes: names }, 'ready');
  process.send?.('ready');
  flushCompileCache();
  stopOnSignal(running, server, log, () => (ready = false));
}

/** Null where no sink is named. Nodes and sinks do not share a process. */
function sinksNamed(names: readonly string[]): SinkName[] | null {
  const sinks = names.includes('sinks') ? [...SINKS] : SINKS.filter((sink) => names.includes(sink));
  if (sinks.length === 0) return null;
  const others = names.filter((name) => name !== 'sinks' && !SINKS.includes(name as SinkName));
  if (others.length > 0) throw new Error(`sinks run in a process of their own, without ${others.join(', ')}`);
  return sinks;
}

function nodesNamed(names: readonly string[]): FlowNode[] {
  const known = orderFlow.nodes.map(({ name }) => name);
  const unknown = names.filter((name) => name !== 'all' && !known.includes(name));
  if (unknown.length > 0) throw new Error(`no node or sink is named ${unknown.join(' or ')}; there are: all, ${known.join(', ')}; and of sinks: sinks, ${SINKS.join(', ')}`);
  return orderFlow.nodes.filter(({ name }) => names.includes('all') || names.includes(name));
}

function stopOnSignal(running: Running, server: Server | null, log: Logger, unready: () => void): void {
  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) process.exit(1);
    stopping = true;
    unready();
    log.info({ signal }, 'draining');
    setTimeout(() => process.exit(1), HARD_LIMIT_MS).unref();
    await running.stop();
    server?.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
}
