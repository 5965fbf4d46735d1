import { createHash } from 'node:crypto';
import { deadLetterTopicOf, groupOf } from '../topics.ts';
import { codeOf, messageOf } from './errors.ts';
import { headerText, type Headers, TRACEPARENT } from './headers.ts';

/** A record as it was read, whatever it holds. */
export interface RawRecord {
  topic: string;
  partition: number;
  offset: string;
  timestamp: string;
  key: Buffer | null;
  value: Buffer | null;
  headers: Record<string, Buffer | string | (Buffer | string)[] | undefined> | undefined;
}

export interface OutgoingRecord {
  topic: string;
  key: Buffer | string | null;
  value: Buffer | null;
  headers: Headers;
  partition?: number;
}

const SCHEMA_ID_END = 5;
const MAX_MESSAGE = 300;

/** Where a record that was put off or dead-lettered came from: kept from the first time on, however often it moves. */
export function originHeaders(record: RawRecord): Headers {
  const kept = (name: string, value: string): [string, string] => [name, headerText(record.headers, name) ?? value];
  return Object.fromEntries([
    kept('x-orig-topic', record.topic),
    kept('x-orig-partition', String(record.partition)),
    kept('x-orig-offset', record.offset),
    kept('x-orig-timestamp', record.timestamp),
  ]);
}

/** Where a record was first written, `<topic>/<partition>@<offset>`, however often it was put off since. */
export function originOf({ topic, partition, offset, headers }: RawRecord): string {
  const first = headerText(headers, 'x-orig-topic');
  return first === undefined ? `${topic}/${partition}@${offset}` : `${first}/${headerText(headers, 'x-orig-partition')}@${headerText(headers, 'x-orig-offset')}`;
}

/** The dead letter of a record: value and key as they were, why and where in the headers; never any content in them. */
export function deadLetter(node: string, record: RawRecord, error: unknown, attempts: number, now: number): OutgoingRecord {
  const headers: Headers = {
    ...passedOn(record),
    ...originHeaders(record),
    'x-orig-key-hash': createHash('sha256').update(record.key ?? '').digest('hex').slice(0, 16),
    'x-node': node,
    'x-group': groupOf(node),
    'x-error-code': codeOf(error),
    'x-error-message': messageOf(error).slice(0, MAX_MESSAGE),
    'x-attempts': String(attempts),
    'x-first-failed-at': headerText(record.headers, 'x-first-failed-at') ?? new Date(now).toISOString(),
    'x-schema-id': schemaIdOf(record.value),
  };
  return { topic: deadLetterTopicOf(node), key: record.key, value: record.value, headers };
}

/** CloudEvents and trace headers of the record itself, so that a replay is the same event again. */
export function passedOn(record: RawRecord): Headers {
  const headers: Headers = {};
  for (const name of Object.keys(record.headers ?? {})) {
    if (!name.startsWith('ce_') && name !== TRACEPARENT && name !== 'order-version') continue;
    const text = headerText(record.headers, name);
    if (text !== undefined) headers[name] = text;
  }
  return headers;
}

function schemaIdOf(value: Buffer | null): string {
  return value && value.length >= SCHEMA_ID_END && value[0] === 0 ? String(value.readInt32BE(1)) : 'none';
}
