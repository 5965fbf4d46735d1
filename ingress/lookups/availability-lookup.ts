import { parse as parseQuery } from 'node:querystring';
import type { z } from 'zod';
import type { AvailabilitySearch, WrittenAvailability } from '../availability.ts';
import { noneMatch } from '../entity-tag.ts';
import { requestIdFor } from '../request-id.ts';
import { AvailabilityQuery, searchAvailability, withCurrency } from '../routes/inventory.ts';
import { SECURITY_HEADERS } from '../security-headers.ts';
import type { IngressSettings } from '../dependencies.ts';
import type { Served } from './connection.ts';
import { type LookupFields, readFields } from './request-head.ts';

export interface AvailabilityLookupOptions {
  availability: AvailabilitySearch;
  settings: Pick<IngressSettings, 'currencies'>;
  now(): number;
  newId(): string;
}

const START = `${searchAvailability.path}?`;
const VISIBLE = /^[\x21-\x7e]+$/;
const KEPT = 20_000;
const KEPT_LENGTH = 1_000;

/** Answers look-ups with the bytes that the route of the same name would answer them with. */
export class AvailabilityLookup {
  readonly #options: AvailabilityLookupOptions;
  /** Callers repeat themselves: what a target and a block of fields mean is found out once. */
  readonly #asked = new Map<string, (() => WrittenAvailability | null) | null>();
  readonly #fields = new Map<string, LookupFields | null>();
  readonly #answers = new WeakMap<WrittenAvailability, { found: string; unchanged: string }>();
  #second = Number.NaN;
  #date = '';

  constructor(options: AvailabilityLookupOptions) {
    this.#options = options;
  }

  readonly serve = (target: string, fields: string): Served | null => {
    const read = this.#readFields(fields);
    const written = read && this.#ask(target)?.();
    if (!read || !written) return null;
    const texts = this.#textsOf(written);
    const changed = noneMatch(read.ifNoneMatch, written.etag);
    const id = requestIdFor(read.requestId, this.#options.newId);
    const head = `${changed ? FOUND : UNCHANGED}${id}\r\nDate: ${this.#now()}\r\n`;
    return changed ? { text: head + texts.found, status: 200 } : { text: head + texts.unchanged, status: 304 };
  };

  /** Reads the seats where that was all that is missing. */
  readonly prepare = async (target: string, fields: string): Promise<boolean> => {
    const query = queryOf(target);
    if (!query || !this.#readFields(fields)) return false;
    await this.#options.availability.search(withCurrency(query, this.#options.settings));
    return true;
  };

  #ask(target: string): (() => WrittenAvailability | null) | null {
    return remembered(this.#asked, target, () => {
      const query = queryOf(target);
      return query && this.#options.availability.repeatedly(withCurrency(query, this.#options.settings));
    });
  }

  #readFields(fields: string): LookupFields | null {
    return remembered(this.#fields, fields, () => readFields(fields));
  }

  #textsOf(written: WrittenAvailability): { found: string; unchanged: string } {
    const known = this.#answers.get(written);
    if (known) return known;
    const { json, etag } = written;
    const common = `Cache-Control: private, no-cache\r\nETag: ${etag}\r\n`;
    const found = `${common}Content-Type: application/json; charset=utf-8\r\nContent-Length: ${json.length}\r\n\r\n`;
    const texts = { found: found + json.toString('latin1'), unchanged: `${common}\r\n` };
    this.#answers.set(written, texts);
    return texts;
  }

  #now(): string {
    const second = Math.floor(this.#options.now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#date = new Date(second * 1_000).toUTCString();
    }
    return this.#date;
  }
}

const SECURITY = SECURITY_HEADERS.map(([name, value]) => `${name}: ${value}\r\n`).join('');
const FOUND = `HTTP/1.1 200 OK\r\n${SECURITY}Connection: keep-alive\r\nx-request-id: `;
const UNCHANGED = `HTTP/1.1 304 Not Modified\r\n${SECURITY}Connection: keep-alive\r\nx-request-id: `;

/** The question of a target that is an availability look-up without a fault; null for any other. */
function queryOf(target: string): z.output<typeof AvailabilityQuery> | null {
  if (!target.startsWith(START) || !VISIBLE.test(target) || target.includes('#')) return null;
  const checked = AvailabilityQuery.safeParse({ ...parseQuery(target.slice(START.length)) });
  return checked.success ? checked.data : null;
}

function remembered<Value>(kept: Map<string, Value>, text: string, make: () => Value): Value {
  const known = kept.get(text);
  if (known !== undefined) return known;
  const value = make();
  if (text.length > KEPT_LENGTH) return value;
  if (kept.size >= KEPT) kept.clear();
  kept.set(text, value);
  return value;
}
