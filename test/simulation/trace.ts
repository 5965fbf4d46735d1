/** What happened in a run: a running hash of it, and the lines themselves where somebody wants to read them. */
export class Trace {
  readonly #keep: number;
  readonly #lines: string[] = [];
  #hash = 0x811c9dc5;
  #second = 0x01000193;
  readonly #start: number;

  /** `keep`: the newest lines to hold on to. */
  constructor(start: number, keep: number) {
    this.#start = start;
    this.#keep = keep;
  }

  event(now: number, process: string, what: string): void {
    this.#fold(what);
    this.#fold(process);
    const micros = Math.round((now - this.#start) * 1_000);
    this.#hash = Math.imul(this.#hash ^ micros, 0x01000193);
    if (this.#keep > 0) this.#add(`${(micros / 1_000_000).toFixed(6).padStart(11)} ${process.padEnd(8)} ${what}`);
  }

  /** Something worth telling that is no event of its own. */
  note(what: string): void {
    this.#fold(what);
    if (this.#keep > 0) this.#add(`            ${' '.repeat(8)}   ${what}`);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** 16 hex digits; equal runs have equal hashes. */
  get hash(): string {
    return [this.#hash, this.#second].map((part) => (part >>> 0).toString(16).padStart(8, '0')).join('');
  }

  #add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > 2 * this.#keep) this.#lines.splice(0, this.#lines.length - this.#keep);
  }

  #fold(text: string): void {
    let [hash, second] = [this.#hash, this.#second];
    for (let at = 0; at < text.length; at += 1) {
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
      second = (Math.imul(second, 31) + text.charCodeAt(at)) | 0;
    }
    this.#hash = hash;
    this.#second = second;
  }
}
