import type { Server } from 'node:http';
import { orderFlow } from '../order-flow.ts';
import type { FlowNode } from '../define.ts';
import { loadConfig } from '../runtime/config.ts';
import type { Logger } from 'pino';
import { createLog } from '../runtime/log.ts';
import { startPipeline } from '../runtime/pipeline.ts';
import { startSinks, SINKS, type SinkName } from '../runtime/sinks.ts';
import { serveWorker } from '../runtime/worker-server.ts';
import type { Registry } from 'prom-client';

interface Running {
  registry: Registry;
  stop(): Promise<void>;
}

const HARD_LIMIT_MS = 20_000;

/** Runs nodes or sinks until SIGTERM or SIGINT; then finishes what is at work, commits, leaves the groups and exits 0. */
export async function runNodes(names: string[]): Promise<void> {
  const config = loadConfig();
  const log = createLog(names.join('+'), config.logLevel);
  const sinks = sinksNamed(names);
  const onFatal = (reason: string): void => {
    log.fatal({ reason }, 'cannot go on; exiting for a restart');
    process.exit(1);
  };
  let ready = false;
  const running = sinks
    ? await startSinks(config, { sinks, log, onFatal })
    : await startPipeline({ config, flow: orderFlow, nodes: nodesNamed(names), log, onFatal });
  const server = config.workerPort > 0 ? await serveWorker(config.workerPort, running.registry, () => ready) : null;
  ready = true;
  log.info({ nodes: names }, 'ready');
  process.send?.('ready');
  stopOnSignal(running, server, log, () => (ready = false));
}

function sinksNamed(names: string[]): SinkName[] | null {
  if (names.includes('sinks')) return [...SINKS];
  const sinks = SINKS.filter((sink) => names.includes(sink));
  return sinks.length > 0 ? sinks : null;
}

function nodesNamed(names: string[]): FlowNode[] {
  if (names.includes('all')) return [...orderFlow.nodes];
  return names.map((name) => {
    const node = orderFlow.nodes.find((each) => each.name === name);
    if (!node) throw new Error(`no node is named ${name}; there are: ${[...orderFlow.nodes.map((each) => each.name), ...SINKS].join(', ')}, all, sinks`);
    return node;
  });
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

