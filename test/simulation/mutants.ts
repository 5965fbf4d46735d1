/** A bug planted in the product's source as it is loaded. */
export interface Mutant {
  name: string;
  /** What it breaks, for the table. */
  what: string;
  /** Path from the root. The text stands in it exactly once, or the mutant is out of date. */
  file: string;
  find: string;
  replace: string;
}

/** So many seeds a mutant may need to be caught. */
export const SEEDS_A_MUTANT = 1_500;

const RUNTIME = 'topology/runtime';
const SEATS = 'connectors/redis-inventory/scripts';

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'journal-skipped', what: 'a step that ran before is passed over instead of replayed', file: `${RUNTIME}/scripts/begin.lua`,
    find: "if done then return { 'replay', done } end", replace: "if done then return { 'stale' } end",
  },
  {
    name: 'fence-skipped', what: 'a session does not fence its predecessor before it reads where the group stands', file: `${RUNTIME}/partition-transactions.ts`,
    find: '    const transaction = await producer.transaction();\n    await transaction.abort();\n', replace: '',
  },
  {
    name: 'offset-before-fence', what: 'the committed offset is read before the predecessor is fenced', file: `${RUNTIME}/session.ts`,
    find: '    if (!this.#transactions.isOpen) await this.#fence();\n    if (this.#positionChecked) return true;\n    const committed = greater(await this.#transactions.committedOffset(), this.#committedHere);\n',
    replace: '    if (this.#transactions.isOpen && this.#positionChecked) return true;\n    const committed = greater(await this.#transactions.committedOffset(), this.#committedHere);\n    if (!this.#transactions.isOpen) await this.#fence();\n',
  },
  {
    name: 'position-not-checked', what: 'a session trusts the position it was given', file: `${RUNTIME}/session.ts`,
    find: '(committed > first || this.#mayHaveMissed(committed))', replace: 'false',
  },
  {
    name: 'offsets-outside', what: 'outputs are committed without the offset of their input', file: `${RUNTIME}/partition-transactions.ts`,
    find: 'await sendOffsets(transaction, {', replace: 'await (async (..._: unknown[]) => undefined)(transaction, {',
  },
  {
    name: 'producer-reused', what: 'a producer goes on after a commit of unknown outcome', file: `${RUNTIME}/session.ts`,
    find: '    this.#transactions.drop();\n    metrics', replace: '    metrics',
  },
  {
    name: 'passed-over-late', what: 'an old plain commit may set the group back behind a transaction', file: `${RUNTIME}/session.ts`,
    find: '    await this.#plainCommit;\n    this.#passedOver = null;\n    this.#taken = null;\n', replace: '',
  },
  {
    name: 'journal-by-command', what: 'the journal answers a second copy of a command with the events of the first', file: `${RUNTIME}/step-result.ts`,
    find: '(origin ? `${node}:${inputId}@${origin}` : `${node}:${inputId}`)', replace: '`${node}:${inputId}`',
  },
  {
    name: 'journal-trimmed-early', what: 'the journal forgets a step before its events are committed', file: `${RUNTIME}/session.ts`,
    find: '    failpoint(`${this.#node.name}.effects`);\n',
    replace: '    await state.trim(works.flatMap((work) => (work.steps ? [work.steps] : [])));\n    failpoint(`${this.#node.name}.effects`);\n',
  },
  {
    name: 'stretch-not-ended', what: 'an effect that may have to be given back is made before the store knows what led to it', file: `${RUNTIME}/chain.ts`,
    find: 'if (!next || (leavesSomethingToGiveBack(next) && !actsOutside(node))) break;', replace: 'if (!next) break;',
  },
  {
    name: 'marks-not-logged', what: 'a cancel mark is not in the changelog, so that a rebuild forgets it', file: `${RUNTIME}/record-work.ts`,
    find: 'if (result.keepsInput) log(', replace: 'if (result.keepsInput && !result.orderId) log(',
  },
  {
    name: 'sessions-not-fenced', what: 'a rebuild does not keep those from committing that knew the store before', file: `${RUNTIME}/fence-sessions.ts`,
    find: 'if (topics.length === 0) return;', replace: 'return;',
  },
  {
    name: 'restart-unnoticed', what: 'a store that started again without its last writes is taken for whole', file: `${RUNTIME}/scripts/present-run.lua`,
    find: "string.sub(epoch, 1, #run + 1) ~= run .. ':'", replace: 'false',
  },
  {
    name: 'overtaken-not-logged', what: 'the changelog lacks steps that an interrupt overtook, so that a rebuild leaves a gap', file: `${RUNTIME}/record-work.ts`,
    find: 'of result.overtaken) {', replace: 'of result.overtaken.slice(result.overtaken.length)) {',
  },
  {
    name: 'aborted-read', what: 'records of aborted transactions are read', file: `${RUNTIME}/kafkajs-patches.ts`,
    find: 'return !(inTransaction && aborting.has(producerId));', replace: 'return true;',
  },
  {
    name: 'version-unguarded', what: 'a step that comes late overwrites a later one', file: `${RUNTIME}/scripts/complete.lua`,
    find: "if version > from then return { 'stale' } end\n", replace: '',
  },
  {
    name: 'mark-ignored', what: 'a step begins although the order is to be cancelled', file: `${RUNTIME}/scripts/begin.lua`,
    find: "if mark then return { 'marked', mark } end", replace: '',
  },
  {
    name: 'mark-not-cleared', what: 'a cancel mark outlives the cancelling', file: `${RUNTIME}/scripts/complete.lua`,
    find: "redis.call('DEL', KEYS[4])", replace: '',
  },
  {
    name: 'timer-early', what: 'timers fire before their time and are gone then', file: `${RUNTIME}/scripts/due-timers.lua`,
    find: "'-inf', ARGV[2]", replace: "'-inf', '+inf'",
  },
  {
    name: 'timers-not-recovered', what: 'nobody rebuilds a store that was emptied while all orders wait', file: `${RUNTIME}/timers.ts`,
    find: '      await recover();\n', replace: '      void recover;\n',
  },
  {
    name: 'new-payment-key', what: 'a charge that is tried again has another key', file: 'processors/payments/charge.ts',
    find: 'idempotencyKey: key(CHARGE)', replace: 'idempotencyKey: key(`${CHARGE}-${Date.now()}`)',
  },
  {
    name: 'release-twice', what: 'seats that were given back are given back again', file: `${SEATS}/release.lua`,
    find: "redis.call('HSET', KEYS[3], ARGV[2], 'released')", replace: '',
  },
  {
    name: 'oversell', what: 'seats are held that are not free', file: `${SEATS}/hold.lua`,
    find: 'if free < tonumber(ARGV[i + 1]) then', replace: 'if free < 0 then',
  },
  {
    name: 'tickets-forgotten', what: 'a cancelled order keeps its tickets', file: 'processors/inventory/release.ts',
    find: "if (type !== 'PaymentFailed') await reservation.cancel(order.orderId);", replace: 'void reservation;',
  },
  {
    name: 'sold-again', what: 'a sale that is confirmed again counts as lost', file: `${SEATS}/confirm.lua`,
    find: "if state == 'sold' then return 'confirmed' end", replace: '',
  },
];
