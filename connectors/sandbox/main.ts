import { flushCompileCache } from 'node:module';
import { once } from 'node:events';
import { pino } from 'pino';
import { sandboxConfig } from './config.ts';
import { Sandbox } from './sandbox.ts';
import { sandboxServer } from './server.ts';

/** How long calls under way may take to end after a stop was asked for. */
const DRAIN_MS = 5_000;

const config = sandboxConfig(process.env);
const log = pino(
  {
    level: config.logLevel,
    base: { service: 'sandbox' },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  },
  // A buffered destination tries for ever to write its rest at exit once the reader of the log is gone.
  pino.destination({ fd: 1, sync: true }),
);
const sandbox = new Sandbox({ path: config.databaseFile, baseUrl: config.url, seed: config.seed });
const server = sandboxServer(sandbox, (error) => log.error({ err: error }, 'a call failed'));

let stopping = false;
async function stop(reason: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  log.info({ reason }, 'draining');
  const deadline = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  server.close();
  server.closeIdleConnections();
  await once(server, 'close');
  clearTimeout(deadline);
  sandbox.close();
  log.info('stopped');
  process.exit(0);
}

process.on('SIGTERM', () => void stop('SIGTERM'));
process.on('SIGINT', () => void stop('SIGINT'));
process.on('disconnect', () => void stop('parent gone'));

server.on('error', (error) => {
  log.fatal({ err: error }, `cannot listen on ${config.host}:${config.port}`);
  process.exit(1);
});
server.listen(config.port, config.host, () => {
  log.info({ url: config.url }, 'listening');
  process.send?.('ready');
  flushCompileCache();
});
