import type { FencedCommand } from '../../runtime/rebuild-lock.ts';

type Value = string | number | Buffer;
type Key = { hash: Map<string, Value> } | { text: Value } | { scores: Map<string, number> };

/** Keys as Redis would hold them after a rebuild's writes, with the commands by which a snapshot reads them. */
export class WrittenKeys {
  readonly #keys = new Map<string, Key>();

  /** Makes a write. Lives are not kept: a rebuild writes nothing that is about to end. */
  write([command, key, ...args]: FencedCommand): void {
    const values = args as Value[];
    switch (command) {
      case 'HSET':
        for (let at = 0; at < values.length; at += 2) this.#hash(key).set(String(values[at]), values[at + 1] as Value);
        return;
      case 'SET':
        this.#keys.set(key, { text: values[0] as Value });
        return;
      case 'ZADD':
        for (let at = 0; at < values.length; at += 2) this.#scores(key).set(String(values[at + 1]), Number(values[at]));
        return;
      case 'PEXPIRE':
      case 'PEXPIREAT':
        return;
      default:
        throw new Error(`a rebuild writes with ${command}, which verify does not know`);
    }
  }

  async scan(): Promise<[string, string[]]> {
    return ['0', [...this.#keys.keys()]];
  }

  async get(key: string): Promise<string | null> {
    const found = this.#keys.get(key);
    return found && 'text' in found ? String(found.text) : null;
  }

  async hmgetBuffer(key: string, ...fields: string[]): Promise<(Buffer | null)[]> {
    const hash = this.#hash(key);
    return fields.map((field) => {
      const value = hash.get(field);
      return value === undefined ? null : Buffer.isBuffer(value) ? value : Buffer.from(String(value));
    });
  }

  async hgetall(key: string): Promise<Record<string, string>> {
    return Object.fromEntries([...this.#hash(key)].map(([field, value]) => [field, String(value)]));
  }

  /** Members each with its score after it, whole. */
  async zrange(key: string): Promise<string[]> {
    return [...this.#scores(key)].flatMap(([member, score]) => [member, String(score)]);
  }

  async zrangebyscore(key: string, min: number): Promise<string[]> {
    return [...this.#scores(key)].flatMap(([member, score]) => (score >= min ? [member] : []));
  }

  #hash(key: string): Map<string, Value> {
    const known = this.#keys.get(key);
    if (known && 'hash' in known) return known.hash;
    const hash = new Map<string, Value>();
    this.#keys.set(key, { hash });
    return hash;
  }

  #scores(key: string): Map<string, number> {
    const known = this.#keys.get(key);
    if (known && 'scores' in known) return known.scores;
    const scores = new Map<string, number>();
    this.#keys.set(key, { scores });
    return scores;
  }
}
