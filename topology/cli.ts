import { Command, InvalidArgumentError } from 'commander';
import { ConfigFault } from './runtime/config.ts';
import { messageOf } from './runtime/errors.ts';

/** A whole number from 1 on, for options. */
function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number from 1 on');
  return value;
}

/** How often, for options. */
function rate(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('must be a number above 0');
  return value;
}

/** A share of a hundred, for options. */
function percent(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 100)) throw new InvalidArgumentError('must be a number from 0 to 100');
  return value;
}

const program = new Command('iaros').description('Operates the IAROS order pipeline.').showHelpAfterError();

program
  .command('topology')
  .description('print the flow: nodes, topics, edges')
  .option('--format <format>', 'table, mermaid or json', 'table')
  .action(async (options) => (await import('./operator/topology.ts')).printTopology(options.format));

program
  .command('run')
  .description('run a node of the flow, `all` nodes, or a sink (postgres-sink, clickhouse-sink, sinks) in this process')
  .argument('<node...>')
  .action(async (nodes: string[]) => (await import('./operator/run.ts')).runNodes(nodes));

program
  .command('lag')
  .description('what every node and sink has still to read, in messages and seconds')
  .option('--json', 'as JSON')
  .action(async (options) => (await import('./operator/lag.ts')).printLag(options));

program
  .command('order')
  .description('the timeline of one order')
  .argument('<orderId>')
  .option('--json', 'as JSON')
  .action(async (orderId: string, options) => (await import('./operator/order.ts')).printOrder(orderId, options));

const dlq = program.command('dlq').description('dead letters');
dlq
  .command('list')
  .description('dead letters, newest last')
  .argument('[node]')
  .option('--json', 'as JSON')
  .action(async (node: string | undefined, options) => (await import('./operator/dead-letters.ts')).listDeadLetters(node, options));
dlq
  .command('replay')
  .description('give a node its dead letters once more, under their own ids')
  .argument('<node>')
  .option('--offset <offset>', 'only the one at this offset')
  .option('--dry-run', 'only say what would be replayed')
  .action(async (node: string, options) => (await import('./operator/dead-letters.ts')).replayDeadLetters(node, options));

program
  .command('provision')
  .description('make topics, schemas and tables on the servers of the environment; what is there stays as it is')
  .action(async () => (await import('./operator/provision.ts')).provisionServers());

program
  .command('rebuild')
  .description('rebuild Redis from the changelog')
  .action(async () => (await import('./operator/rebuild.ts')).rebuildState());

program
  .command('verify')
  .description('check the invariants over Kafka, Redis, Postgres, ClickHouse and the payment ledger; exit 1 on a violation')
  .action(async () => (await import('./operator/verify/verify.ts')).printVerification());

program
  .command('demo')
  .description('place realistic orders')
  .option('--rate <perSecond>', 'orders a second', rate, 1)
  .option('--count <orders>', 'stop after so many', count)
  .option('--cancel-percent <percent>', 'cancel so many of a hundred at a random moment', percent, 2)
  .option('--seed <seed>', 'equal seeds give equal orders', count)
  .action(async (options) => (await import('./operator/demo.ts')).placeDemoOrders(options));

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`iaros: ${messageOf(error)}\n`);
  if (!(error instanceof ConfigFault) && process.env.IAROS_LOG_LEVEL === 'debug') console.error(error);
  process.exit(1);
}
