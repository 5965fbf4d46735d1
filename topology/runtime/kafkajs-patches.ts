import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { rememberingCoordinators } from './kafkajs/coordinator-memory.ts';
import { crc32c } from './kafkajs/crc32c.ts';
import { type EncoderClass, withoutZeros } from './kafkajs/encoder.ts';
import { inRhythm } from './kafkajs/fetch-rhythm.ts';
import { inPortions } from './kafkajs/fetch-size.ts';
import { messagesByPartition } from './kafkajs/messages-by-partition.ts';
import { murmur2 } from './kafkajs/murmur2.ts';
import { inOneBuffer, type ProduceProtocol } from './kafkajs/produce-request.ts';
import { decodeRecord } from './kafkajs/record-decoder.ts';
import { frameWith } from './kafkajs/request-frame.ts';

/** The one version the corrections below were written against and tested with. */
const PATCHED_VERSION = '2.2.4';
const CONTROL_TYPE_ABORT = 0;
const PENDING_CHECK_MS = 10;
/** Of a record batch: fields before the length, and where in it the format's number and the last record's offset lie. */
const BATCH_HEAD = 12;
const BATCH_MAGIC_AT = 16;
const BATCH_LAST_OFFSET_DELTA_AT = 23;
const BATCH_FORMAT = 2;

const require = createRequire(import.meta.url);
const folder = `${dirname(require.resolve('kafkajs/package.json'))}${sep}`;

/** A record as the client decodes it, control records included. */
export interface FetchedRecord {
  offset: string;
  key: Buffer | null;
  value: Buffer | null;
  isControlRecord: boolean;
  batchContext: { producerId: string; inTransaction: boolean };
}

export interface AbortedTransaction {
  producerId: string;
  firstOffset: string;
}

/**
 * The records that are not part of an aborted transaction. Brokers list aborted transactions in the order in which they ended, several may be
 * open at one record, and only a control record ends one.
 */
export function filterAborted<R extends FetchedRecord>(fetched: { messages: R[]; abortedTransactions?: AbortedTransaction[] }): R[] {
  const { messages, abortedTransactions } = fetched;
  if (!abortedTransactions?.length) return messages;
  const starts = abortedTransactions
    .map(({ producerId, firstOffset }) => ({ producerId, from: BigInt(firstOffset) }))
    .sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  const aborting = new Set<string>();
  let begun = 0;
  return messages.filter((message) => {
    const offset = BigInt(message.offset);
    for (let next = starts[begun]; next && next.from <= offset; next = starts[begun]) {
      aborting.add(next.producerId);
      begun += 1;
    }
    const { producerId, inTransaction } = message.batchContext;
    if (!message.isControlRecord) return !(inTransaction && aborting.has(producerId));
    if (isAbortMarker(message)) aborting.delete(producerId);
    return true;
  });
}

/** The key of a control record is two numbers of 16 bits: version and type. */
const isAbortMarker = ({ key }: FetchedRecord): boolean => key !== null && key.length >= 4 && key.readInt16BE(2) === CONTROL_TYPE_ABORT;

interface RequestQueue {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
}

/** Looks at the queue again once the broker's throttle ends; an empty queue needs no timer. */
export function scheduleCheckPendingRequests(this: RequestQueue): void {
  if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
  const throttled = this.throttledUntil - Date.now();
  this.throttleCheckTimeoutId = setTimeout(() => {
    this.throttleCheckTimeoutId = null;
    this.checkPendingRequests();
  }, throttled > 0 ? throttled : PENDING_CHECK_MS);
}

interface Heartbeats {
  /** When the broker last heard of this member, ms. */
  lastRequest: number;
  heartbeat(options: { interval: number }): Promise<void>;
}

/**
 * Heartbeats that go on where the clock went back: the stock ones wait until it has caught up with the last one, and the group gives the
 * member's partitions away meanwhile, of which the member hears nothing.
 */
export function beatingOn(heartbeat: Heartbeats['heartbeat']) {
  return function (this: Heartbeats, options: { interval: number }): Promise<void> {
    if (this.lastRequest > Date.now()) this.lastRequest = Date.now() - options.interval;
    return heartbeat.call(this, options);
  };
}

interface Sender {
  socket: { destroy(error: Error): void } | null;
  send(request: unknown): Promise<unknown>;
}

/**
 * A connection on which a request was not answered in time is closed, so that the next request makes a new one. The stock client goes on
 * using it: where it died silently, and nobody closed it, every request after that times out as well, for ever.
 */
export function closingWhenSilent(send: Sender['send']) {
  return async function (this: Sender, request: unknown): Promise<unknown> {
    try {
      return await send.call(this, request);
    } catch (error) {
      if ((error as Error).name === 'KafkaJSRequestTimeoutError') this.socket?.destroy(error as Error);
      throw error;
    }
  };
}

/** Decoded records with the offset after the last whole batch, which may lie beyond the last record: compaction leaves empty batches. */
export type DecodedRecords = FetchedRecord[] & { nextOffset?: bigint };

interface Decoder { buffer: Buffer; offset: number }

/** Adds to the stock decoder's records where the next fetch has to start. */
export function withNextOffset(decode: (decoder: Decoder) => Promise<FetchedRecord[]>) {
  return async (decoder: Decoder): Promise<DecodedRecords> => {
    const start = decoder.offset + 4;
    const size = Math.max(0, decoder.buffer.readInt32BE(decoder.offset));
    const nextOffset = offsetAfter(decoder.buffer.subarray(start, start + size));
    const records: DecodedRecords = await decode(decoder);
    if (nextOffset !== undefined) records.nextOffset = nextOffset;
    return records;
  };
}

function offsetAfter(batches: Buffer): bigint | undefined {
  let after: bigint | undefined;
  for (let at = 0; at + BATCH_LAST_OFFSET_DELTA_AT + 4 <= batches.length; ) {
    const end = at + BATCH_HEAD + batches.readInt32BE(at + 8);
    if (end > batches.length || batches.readInt8(at + BATCH_MAGIC_AT) !== BATCH_FORMAT) break;
    after = batches.readBigInt64BE(at) + BigInt(batches.readInt32BE(at + BATCH_LAST_OFFSET_DELTA_AT)) + 1n;
    at = end;
  }
  return after;
}

type Kafkajs = typeof import('kafkajs');
let loaded: Kafkajs | undefined;

/**
 * kafkajs with its faults in reading transactions corrected and its costly parts (encoding, checksums, partitioning, decoding, looking for
 * coordinators) replaced by cheap ones of the same results. `IAROS_STOCK_KAFKAJS=1` loads it as published, which shows what that is for.
 * Throws when another version is installed.
 */
export function loadKafkajs(env: NodeJS.ProcessEnv = process.env): Kafkajs {
  if (loaded) return loaded;
  refuseOtherVersions((require('kafkajs/package.json') as { version: string }).version);
  if (env.IAROS_STOCK_KAFKAJS !== '1') patch();
  loaded = require('kafkajs') as Kafkajs;
  return loaded;
}

export function refuseOtherVersions(installed: string): void {
  if (installed === PATCHED_VERSION) return;
  throw new Error(`kafkajs ${installed} is installed, its corrections are made for ${PATCHED_VERSION}: run "npm install kafkajs@${PATCHED_VERSION} --save-exact".`);
}

/** Modules bind each other's exports when they load: whatever was loaded before, uncorrected, is forgotten. */
function patch(): void {
  for (const path of Object.keys(require.cache)) if (path.startsWith(folder)) delete require.cache[path];
  replaceCostlyParts();
  replace('src/consumer/filterAbortedMessages.js', () => filterAborted);
  replace('src/protocol/requests/fetch/v4/decodeMessages.js', withNextOffset);
  const queue = require('kafkajs/src/network/requestQueue/index.js') as { prototype: RequestQueue & { scheduleCheckPendingRequests(): void } };
  queue.prototype.scheduleCheckPendingRequests = scheduleCheckPendingRequests;
  const group = require('kafkajs/src/consumer/consumerGroup.js') as { prototype: Heartbeats & ThisParameterType<ReturnType<typeof inRhythm>> & { maxBytes: number } };
  group.prototype.heartbeat = beatingOn(group.prototype.heartbeat);
  group.prototype.fetch = inRhythm(inPortions(group.prototype.fetch));
  const connection = require('kafkajs/src/network/connection.js') as { prototype: Sender };
  connection.prototype.send = closingWhenSilent(connection.prototype.send);
}

/** In this order: each is in place before what uses it is loaded. */
function replaceCostlyParts(): void {
  replace('src/protocol/encoder.js', withoutZeros);
  const Encoder = require('kafkajs/src/protocol/encoder.js') as EncoderClass;
  replace('src/protocol/recordBatch/crc32C/index.js', () => (bytes: Buffer) => crc32c(bytes));
  replace('src/protocol/requests/produce/v3/request.js', (stock: ProduceProtocol) => inOneBuffer(stock, Encoder));
  replace('src/protocol/request.js', () => frameWith(Encoder));
  replace('src/protocol/recordBatch/record/v0/decoder.js', () => decodeRecord);
  replace('src/producer/partitioners/default/murmur2.js', () => murmur2);
  replace('src/producer/groupMessagesPerPartition.js', () => messagesByPartition);
  replace('src/producer/eosManager/index.js', rememberingCoordinators);
}

function replace<T>(path: string, corrected: (stock: T) => T): void {
  const stock = require(`kafkajs/${path}`) as T;
  const module = require.cache[require.resolve(`kafkajs/${path}`)];
  if (!module) throw new Error(`kafkajs/${path} cannot be corrected: it is not in the module cache.`);
  module.exports = corrected(stock);
}

/** A module inside kafkajs, of the same copy as `loadKafkajs` gives. */
export function kafkajsModule<T>(path: string): T {
  loadKafkajs();
  return require(`kafkajs/${path}`) as T;
}
