import { parse as parseQuery } from 'node:querystring';
import type { z } from 'zod';
import type { AvailabilitySearch, WrittenAvailability } from '../availability.ts';
import { noneMatch } from '../entity-tag.ts';
import { REQUEST_ID_HEADER, requestIdFor } from '../request-id.ts';
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
  /** What callers are told of how long a connection may rest, s. */
  keepAliveSeconds: number;
}

const START = `${searchAvailability.path}?`;
const VISIBLE = /^[\x21-\x7e]+$/;
const KEPT = 20_000;
const KEPT_LENGTH = 1_000;

/** A target that is asked for, and the answer that it got last with the fields that go with it. */
interface Asked {
  ask: () => WrittenAvailability | null;
  written: WrittenAvailability | null;
  foundFields: string;
  unchangedFields: string;
}

/** Answers look-ups with the bytes that the route of the same name would answer them with. */
export class AvailabilityLookup {
  readonly #options: AvailabilityLookupOptions;
  /** Callers repeat themselves: what a target and a block of fields mean is found out once. */
  readonly #asked = new Map<string, Asked | null>();
  readonly #fields = new Map<string, LookupFields | null>();
  readonly #found: Buffer;
  readonly #unchanged: Buffer;
  #second = Number.NaN;
  #date = '';

  constructor(options: AvailabilityLookupOptions) {
    this.#options = options;
    this.#found = headStart('200 OK', options.keepAliveSeconds);
    this.#unchanged = headStart('304 Not Modified', options.keepAliveSeconds);
  }

  readonly serve = (target: string, fields: string): Served | null => {
    const read = this.#readFields(fields);
    const asked = read && this.#ask(target);
    const written = asked?.ask();
    if (!asked || !written) return null;
    if (asked.written !== written) Object.assign(asked, { written, ...fieldsOf(written) });
    const id = requestIdFor(read.requestId, this.#options.newId);
    return noneMatch(read.ifNoneMatch, written.etag)
      ? { pieces: [this.#found, id, this.#dateField(), asked.foundFields, written.json], status: 200 }
      : { pieces: [this.#unchanged, id, this.#dateField(), asked.unchangedFields], status: 304 };
  };

  /** Reads the seats where that was all that is missing. */
  readonly prepare = async (target: string, fields: string): Promise<boolean> => {
    const query = queryOf(target);
    if (!query || !this.#readFields(fields)) return false;
    await this.#options.availability.search(withCurrency(query, this.#options.settings));
    return true;
  };

  #ask(target: string): Asked | null {
    return remembered(this.#asked, target, () => {
      const query = queryOf(target);
      if (!query) return null;
      const ask = this.#options.availability.repeatedly(withCurrency(query, this.#options.settings));
      return { ask, written: null, foundFields: '', unchangedFields: '' };
    });
  }

  #readFields(fields: string): LookupFields | null {
    return remembered(this.#fields, fields, () => readFields(fields));
  }

  /** Ends the line of the request id. */
  #dateField(): string {
    const second = Math.floor(this.#options.now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#date = `\r\nDate: ${new Date(second * 1_000).toUTCString()}\r\n`;
    }
    return this.#date;
  }
}

/** The fields that go with a found and an unchanged answer, to the end of the head. */
function fieldsOf({ json, etag }: WrittenAvailability): Pick<Asked, 'foundFields' | 'unchangedFields'> {
  const common = `Cache-Control: private, no-cache\r\nETag: ${etag}\r\n`;
  return {
    foundFields: `${common}Content-Type: application/json; charset=utf-8\r\nContent-Length: ${json.length}\r\n\r\n`,
    unchangedFields: `${common}\r\n`,
  };
}

const SECURITY = SECURITY_HEADERS.map(([name, value]) => `${name}: ${value}\r\n`).join('');

const headStart = (status: string, keepAliveSeconds: number): Buffer =>
  Buffer.from(
    `HTTP/1.1 ${status}\r\n${SECURITY}Connection: keep-alive\r\nKeep-Alive: timeout=${keepAliveSeconds}\r\n${REQUEST_ID_HEADER}: `,
    'latin1',
  );

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
