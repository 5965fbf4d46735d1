/** Text of Redis as JavaScript strings of one byte a character: binary-safe, and cheap to hand to Lua and back. */
export type Bytes = string;
export type Reply = Bytes | number | null | Reply[];

type Value = { kind: 'string'; text: Bytes } | { kind: 'hash'; fields: Map<Bytes, Bytes> } | { kind: 'zset'; scores: Map<Bytes, number> };

export class ReplyError extends Error {
  override name = 'ReplyError';
}

const upTo = (text: Bytes, fallback: number): { limit: number; open: boolean } => {
  if (text === '-inf') return { limit: Number.NEGATIVE_INFINITY, open: false };
  if (text === '+inf' || text === 'inf') return { limit: Number.POSITIVE_INFINITY, open: false };
  const open = text.startsWith('(');
  const limit = Number(open ? text.slice(1) : text);
  return { limit: Number.isNaN(limit) ? fallback : limit, open };
};

/** The commands of Redis that the product uses, on one thread as there. Keys end at virtual time. */
export class RedisStore {
  #values = new Map<Bytes, Value>();
  #endsAt = new Map<Bytes, number>();
  readonly #now: () => number;
  #run = 1;
  /** Hears of every change, after it. */
  onWrite: (key: Bytes) => void = () => undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  flush(): void {
    this.#values = new Map();
    this.#endsAt = new Map();
  }

  /** What is on the disk now. Answers how the server starts again with no more than that. */
  image(): () => void {
    const values = structuredClone(this.#values);
    const endsAt = new Map(this.#endsAt);
    return () => {
      this.#values = values;
      this.#endsAt = endsAt;
      this.#run += 1;
    };
  }

  /** Names what the server does between two starts, as its own id does. */
  get runId(): Bytes {
    return this.#run.toString(16).padStart(40, '0');
  }

  run(command: string, args: readonly Bytes[]): Reply {
    const [key = '', ...rest] = args;
    const endsAt = this.#endsAt.get(key);
    if (endsAt !== undefined && endsAt <= this.#now()) this.#delete(key);
    const name = command.toUpperCase();
    const work = COMMANDS[name];
    if (!work) throw new ReplyError(`ERR unknown command '${command}'`);
    const reply = work(this, key, rest);
    if (WRITES.has(name)) this.onWrite(key);
    return reply;
  }

  keys(): Bytes[] {
    const now = this.#now();
    return [...this.#values.keys()].filter((key) => (this.#endsAt.get(key) ?? Number.POSITIVE_INFINITY) > now);
  }

  text(key: Bytes): Bytes | null {
    return this.#of(key, 'string')?.text ?? null;
  }

  setText(key: Bytes, text: Bytes): void {
    this.#delete(key);
    this.#values.set(key, { kind: 'string', text });
  }

  hash(key: Bytes): Map<Bytes, Bytes> | undefined {
    return this.#of(key, 'hash')?.fields;
  }

  ownHash(key: Bytes): Map<Bytes, Bytes> {
    const known = this.hash(key);
    if (known) return known;
    const fields = new Map<Bytes, Bytes>();
    this.#values.set(key, { kind: 'hash', fields });
    return fields;
  }

  scores(key: Bytes): Map<Bytes, number> | undefined {
    return this.#of(key, 'zset')?.scores;
  }

  ownScores(key: Bytes): Map<Bytes, number> {
    const known = this.scores(key);
    if (known) return known;
    const scores = new Map<Bytes, number>();
    this.#values.set(key, { kind: 'zset', scores });
    return scores;
  }

  has(key: Bytes): boolean {
    return this.#values.has(key);
  }

  delete(key: Bytes): boolean {
    return this.#delete(key);
  }

  /** ms left; -1 without an end, -2 without the key. */
  timeLeft(key: Bytes): number {
    if (!this.#values.has(key)) return -2;
    const endsAt = this.#endsAt.get(key);
    return endsAt === undefined ? -1 : Math.ceil(endsAt - this.#now());
  }

  endAt(key: Bytes, at: number): number {
    if (!this.#values.has(key)) return 0;
    if (at <= this.#now()) this.#delete(key);
    else this.#endsAt.set(key, at);
    return 1;
  }

  endAfter(key: Bytes, ms: number): number {
    return this.endAt(key, this.#now() + ms);
  }

  persist(key: Bytes): number {
    return this.#endsAt.delete(key) ? 1 : 0;
  }

  #of<Kind extends Value['kind']>(key: Bytes, kind: Kind): Extract<Value, { kind: Kind }> | undefined {
    const value = this.#values.get(key);
    if (!value) return undefined;
    if (value.kind !== kind) throw new ReplyError('WRONGTYPE Operation against a key holding the wrong kind of value');
    return value as Extract<Value, { kind: Kind }>;
  }

  #delete(key: Bytes): boolean {
    this.#endsAt.delete(key);
    return this.#values.delete(key);
  }
}

type Command = (store: RedisStore, key: Bytes, args: readonly Bytes[]) => Reply;

const WRITES = new Set(['HINCRBY', 'HSET', 'HDEL', 'DEL', 'UNLINK', 'SET', 'ZADD', 'ZREM']);
const byScore = (one: [Bytes, number], other: [Bytes, number]): number => one[1] - other[1] || (one[0] < other[0] ? -1 : 1);

function inRange(store: RedisStore, key: Bytes, low = '-inf', high = '+inf'): [Bytes, number][] {
  const [from, to] = [upTo(low, 0), upTo(high, 0)];
  return [...(store.scores(key) ?? [])]
    .filter(([, score]) => (from.open ? score > from.limit : score >= from.limit) && (to.open ? score < to.limit : score <= to.limit))
    .sort(byScore);
}

function set(store: RedisStore, key: Bytes, [text = '', ...options]: readonly Bytes[]): Reply {
  const words = options.map((option) => option.toUpperCase());
  if (words.includes('NX') && store.has(key)) return null;
  store.setText(key, text);
  const px = words.indexOf('PX');
  if (px >= 0) store.endAfter(key, Number(options[px + 1]));
  return 'OK';
}

function zadd(store: RedisStore, key: Bytes, args: readonly Bytes[]): Reply {
  const scores = store.ownScores(key);
  const greater = args[0]?.toUpperCase() === 'GT';
  let added = 0;
  for (let at = greater ? 1 : 0; at + 1 < args.length; at += 2) {
    const [score, member] = [Number(args[at]), args[at + 1] as Bytes];
    const known = scores.get(member);
    if (known === undefined) added += 1;
    if (known === undefined || !greater || score > known) scores.set(member, score);
  }
  return added;
}

function removeMembers(store: RedisStore, key: Bytes, members: readonly Bytes[]): number {
  const scores = store.scores(key);
  const removed = members.filter((member) => scores?.delete(member)).length;
  if (scores?.size === 0) store.delete(key);
  return removed;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  INFO: (store) => `# Server\r\nrun_id:${store.runId}\r\n`,
  GET: (store, key) => store.text(key),
  SET: set,
  EXISTS: (store, key) => (store.has(key) ? 1 : 0),
  DEL: (store, key, more) => [key, ...more].filter((each) => store.delete(each)).length,
  UNLINK: (store, key, more) => [key, ...more].filter((each) => store.delete(each)).length,
  PERSIST: (store, key) => store.persist(key),
  PTTL: (store, key) => store.timeLeft(key),
  PEXPIRE: (store, key, [ms]) => store.endAfter(key, Number(ms)),
  PEXPIREAT: (store, key, [at]) => store.endAt(key, Number(at)),
  HGET: (store, key, [field = '']) => store.hash(key)?.get(field) ?? null,
  HMGET: (store, key, fields) => fields.map((field) => store.hash(key)?.get(field) ?? null),
  HGETALL: (store, key) => [...(store.hash(key) ?? [])].flat(),
  HSET: (store, key, args) => {
    const fields = store.ownHash(key);
    for (let at = 0; at + 1 < args.length; at += 2) fields.set(args[at] as Bytes, args[at + 1] as Bytes);
    return args.length / 2;
  },
  HDEL: (store, key, names) => {
    const fields = store.hash(key);
    const removed = names.filter((name) => fields?.delete(name)).length;
    if (fields?.size === 0) store.delete(key);
    return removed;
  },
  HINCRBY: (store, key, [field = '', by]) => {
    const fields = store.ownHash(key);
    const next = Number(fields.get(field) ?? 0) + Number(by);
    fields.set(field, String(next));
    return next;
  },
  ZADD: zadd,
  ZINCRBY: (store, key, [by, member = '']) => {
    const scores = store.ownScores(key);
    const next = (scores.get(member) ?? 0) + Number(by);
    scores.set(member, next);
    return String(next);
  },
  ZREMRANGEBYRANK: (store, key, [from, to]) => {
    const members = inRange(store, key).map(([member]) => member);
    const at = (rank: string | undefined): number => (Number(rank) < 0 ? members.length + Number(rank) : Number(rank));
    return removeMembers(store, key, members.slice(Math.max(0, at(from)), at(to) + 1));
  },
  ZREM: removeMembers,
  ZCARD: (store, key) => store.scores(key)?.size ?? 0,
  ZSCORE: (store, key, [member = '']) => {
    const score = store.scores(key)?.get(member);
    return score === undefined ? null : String(score);
  },
  ZCOUNT: (store, key, [low, high]) => inRange(store, key, low, high).length,
  ZRANGE: (store, key) => inRange(store, key).flatMap(([member, score]) => [member, String(score)]),
  ZREMRANGEBYSCORE: (store, key, [low, high]) => removeMembers(store, key, inRange(store, key, low, high).map(([member]) => member)),
  ZRANGEBYSCORE: (store, key, [low, high, ...options]) => {
    const words = options.map((option) => option.toUpperCase());
    const limit = words.indexOf('LIMIT');
    const found = inRange(store, key, low, high);
    const cut = limit < 0 ? found : found.slice(Number(options[limit + 1]), Number(options[limit + 1]) + Number(options[limit + 2]));
    return words.includes('WITHSCORES') ? cut.flatMap(([member, score]) => [member, String(score)]) : cut.map(([member]) => member);
  },
};
