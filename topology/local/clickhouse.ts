import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Part, PartContext } from './part.ts';
import { ServerProcess } from './server-process.ts';

/** Statements that may run side by side: each takes one thread of the server process's pool. */
const STATEMENTS_AT_ONCE = 16;

/** ClickHouse's engine from npm, behind its HTTP interface on loopback; data in `<dataDir>/clickhouse`. */
export async function startClickhouse(context: PartContext): Promise<Part> {
  const folder = join(context.dataDir, 'clickhouse');
  await mkdir(folder, { recursive: true });
  const address = `http://127.0.0.1:${context.ports.clickhouse}`;
  const server = new ServerProcess(
    {
      name: 'clickhouse',
      command: process.execPath,
      args: [
        join(import.meta.dirname, 'clickhouse-server.ts'),
        '--path',
        folder,
        '--port',
        String(context.ports.clickhouse),
      ],
      env: { UV_THREADPOOL_SIZE: String(STATEMENTS_AT_ONCE) },
      isHealthy: () => answers(address),
    },
    context,
  );
  await server.start();
  return { service: 'ClickHouse', found: 'npm, ClickHouse 26 (chdb)', address, process: server };
}

/** Resolves once the server at the address runs a query. */
export async function answers(address: string): Promise<void> {
  const url = new URL(address);
  const headers: Record<string, string> = {};
  if (url.username) {
    headers['Authorization'] =
      `Basic ${Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64')}`;
  }
  const response = await fetch(`${url.protocol}//${url.host}/?query=SELECT%201`, {
    headers,
    signal: AbortSignal.timeout(3_000),
  });
  const body = await response.text();
  if (!response.ok) throw new Error(`ClickHouse answered ${response.status}: ${body.slice(0, 200)}`);
}
