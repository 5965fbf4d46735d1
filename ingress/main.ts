import { flushCompileCache } from 'node:module';
import { ConfigFault, loadConfig } from '../topology/runtime/config.ts';
import { createLog, type Log } from '../topology/runtime/log.ts';
import { type RunningIngress, serveIngress } from './serve.ts';

const HARD_LIMIT_MS = 15_000;

try {
  const config = loadConfig();
  const log = createLog('ingress', config.logLevel);
  const running = await serveIngress({ config, host: config.host, log, onFatal: () => process.exit(1) });
  stopOnSignal(running, log);
  log.info({ url: running.url }, 'listening');
  process.send?.('ready');
  flushCompileCache();
} catch (error) {
  console.error(sentenceOf(error));
  process.exit(1);
}

/**
 * SIGTERM or SIGINT: finishes what is under way and exits 0. A second one, or too long a wait, ends the process at
 * once.
 */
function stopOnSignal(running: RunningIngress, log: Log): void {
  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'draining');
    setTimeout(() => process.exit(1), HARD_LIMIT_MS).unref();
    await running.stop();
    log.info({}, 'stopped');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
}

/** One sentence that says what to do. */
function sentenceOf(error: unknown): string {
  if (error instanceof ConfigFault) return error.message;
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') return `Port ${port} is taken: stop what listens there, or set IAROS_PORT to another.`;
  return `The ingress cannot start: ${message || code || 'a server it needs does not answer'}.`;
}
