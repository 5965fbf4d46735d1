import { parseArgs } from 'node:util';
import { giveWay } from '../runtime/give-way.ts';
import { openEngine } from './clickhouse-engine.ts';
import { clickhouseHttp } from './clickhouse-http.ts';

/** The process that owns ClickHouse's data path: `clickhouse-server.ts --path <folder> --port <port>`. */
const { values } = parseArgs({ options: { path: { type: 'string' }, port: { type: 'string' } } });
if (!values.path || !values.port) throw new Error('both --path and --port are needed');

// Before the engine starts its threads.
giveWay();
const engine = await openEngine(values.path);
const server = clickhouseHttp(engine);
server.listen(Number(values.port), '127.0.0.1', () =>
  console.log(`ClickHouse ${engine.version} listens on ${values.port}`),
);

const stop = () => {
  server.close(async () => {
    await engine.close();
    process.exit(0);
  });
  server.closeIdleConnections();
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
