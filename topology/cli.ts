import { Command, InvalidArgumentError } from 'commander';
import { BadInput } from './operator/bad-input.ts';
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

/** How long, for options. */
function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new InvalidArgumentError('must be a number from 0 on');
  return value;
}

/** A share of a hundred, for options. */
function percent(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 100)) throw new InvalidArgumentError('must be a number from 0 to 100');
  return value;
}

/** What was asked for makes no sense; 1 is for everything that went wrong. */
const EXIT_BAD_INPUT = 2;

const program = new Command('iaros')
  .description('Operates the IAROS order pipeline.')
  .showHelpAfterError()
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT_BAD_INPUT));

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

const dlq = program.command('dlq').description('dead letters: an id is <node>/<partition>/<offset>');
dlq
  .command('list')
  .description('open dead letters, newest last, and how many there are of each node and code')
  .argument('[node]')
  .option('--code <code>', 'only of this code')
  .option('--order <orderId>', 'only of this order')
  .option('--since <time>', 'only since 30m, 2h, 7d ago or a date')
  .option('--all', 'handled ones too')
  .option('--counts', 'only how many')
  .option('--json', 'as JSON')
  .action(async (node: string | undefined, { json, counts, ...filter }) =>
    (await import('./operator/dead-letters/list.ts')).listDeadLetters({ ...filter, ...(node ? { node } : {}) }, { json, counts }));
dlq
  .command('show')
  .description('one dead letter: headers, reason, content, and what a replay would do')
  .argument('<id>')
  .option('--json', 'as JSON')
  .action(async (id: string, options) => (await import('./operator/dead-letters/show.ts')).showDeadLetter(id, options));
dlq
  .command('replay')
  .description('give dead letters to their node once more, under their own ids: by id, of a node, or by filter')
  .argument('[idOrNode...]')
  .option('--code <code>', 'those of this code')
  .option('--order <orderId>', 'those of this order')
  .option('--since <time>', 'those since 30m, 2h, 7d ago or a date')
  .option('--again', 'also those that were handled before')
  .option('--dry-run', 'only say where they would go, and what they would meet there')
  .option('--reason <text>', 'why, for the audit log')
  .option('--as <name>', 'who, for the audit log; else the user of the operating system')
  .action(async (names: string[], options) => (await import('./operator/dead-letters/replay.ts')).replayDeadLetters(names, options));
dlq
  .command('edit')
  .description('replay a dead letter with another content, under an id of its own')
  .argument('<id>')
  .option('--set <path=value>', 'one value; may be repeated', (value: string, before: string[]) => [...before, value], [] as string[])
  .option('--file <json>', 'the whole record')
  .option('--dry-run', 'only check it')
  .option('--reason <text>', 'why, for the audit log')
  .option('--as <name>', 'who, for the audit log; else the user of the operating system')
  .action(async (id: string, options) => (await import('./operator/dead-letters/edit.ts')).editDeadLetter(id, options));
dlq
  .command('discard')
  .description('close dead letters that nobody will process')
  .argument('[idOrNode...]')
  .option('--code <code>', 'those of this code')
  .option('--order <orderId>', 'those of this order')
  .option('--since <time>', 'those since 30m, 2h, 7d ago or a date')
  .option('--reason <text>', 'why, for the audit log')
  .option('--as <name>', 'who, for the audit log; else the user of the operating system')
  .action(async (names: string[], options) => (await import('./operator/dead-letters/discard.ts')).discardDeadLetters(names, options));

program
  .command('audit')
  .description('what operators did to dead letters')
  .option('--since <time>', 'only since 30m, 2h, 7d ago or a date')
  .option('--json', 'as JSON')
  .action(async (options) => (await import('./operator/audit/print-audit.ts')).printAudit(options));

program
  .command('stuck')
  .description('orders that stand still for too long, and what each waits for')
  .option('--json', 'as JSON')
  .action(async (options) => (await import('./operator/stuck.ts')).printStuck(options));

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
  .option('--wait <seconds>', 'before, wait so long at most for nodes and sinks to have read everything', seconds, 10)
  .action(async (options) => (await import('./operator/verify/verify.ts')).printVerification(options));

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
  process.exit(error instanceof BadInput ? EXIT_BAD_INPUT : 1);
}
