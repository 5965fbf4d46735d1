import { type Codec, Undecodable } from '../../../schemas/codec.ts';
import type { AuditEntry } from '../../../schemas/types.ts';
import type { OutgoingRecord } from '../../runtime/dead-letter.ts';
import { isFenced, type Kafka, type Producer, transactionalProducer } from '../../runtime/kafka.ts';
import { readTopics } from '../../runtime/topic-reader.ts';
import { AUDIT_TOPIC } from '../../topics.ts';
import { type AuditRecord, chained, type Deed } from './audit-chain.ts';

/** Everything on the audit topic, oldest first. */
export async function readAuditRecords(kafka: Kafka, codec: Codec): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  await readTopics(kafka, [AUDIT_TOPIC], async ({ value }) => void records.push(await auditRecord(codec, value)));
  return records;
}

export async function readAudit(kafka: Kafka, codec: Codec): Promise<AuditEntry[]> {
  return (await readAuditRecords(kafka, codec)).filter((record): record is AuditEntry => !('unreadable' in record));
}

async function auditRecord(codec: Codec, value: Buffer | null): Promise<AuditRecord> {
  if (!value) return { unreadable: 'it has no value' };
  try {
    const { name, record } = await codec.decode(value);
    return name === 'AuditEntry' ? record : { unreadable: `it is an ${name}` };
  } catch (error) {
    if (error instanceof Undecodable) return { unreadable: error.message };
    throw error;
  }
}

/** What one command of an operator does: its entries, and the records that go out with them. */
export interface Change {
  deeds: Deed[];
  records: OutgoingRecord[];
}

export interface AuditDeps {
  kafka: Kafka;
  codec: Codec;
  environment: string;
  now?: () => number;
}

const RACES = 5;

/**
 * Appends to the audit log and publishes, in one transaction: both happen or neither. One writer at a time over all machines: each ends its
 * predecessor's transaction before it reads the log, and `decide` sees all that was done before. An empty change writes nothing.
 */
export async function transact(deps: AuditDeps, decide: (done: readonly AuditEntry[]) => Promise<Change>): Promise<AuditEntry[]> {
  for (let race = 1; ; race += 1) {
    const producer = transactionalProducer(deps.kafka, `${deps.environment}.audit`);
    try {
      await producer.connect();
      return await write(producer, deps, decide);
    } catch (error) {
      if (!isFenced(error) || race === RACES) throw error;
    } finally {
      await producer.disconnect().catch(() => undefined);
    }
  }
}

async function write(producer: Producer, { kafka, codec, now = Date.now }: AuditDeps, decide: (done: readonly AuditEntry[]) => Promise<Change>): Promise<AuditEntry[]> {
  await (await producer.transaction()).abort();
  const done = await readAudit(kafka, codec);
  const { deeds, records } = await decide(done);
  if (deeds.length === 0) return [];
  const entries = chained(done.at(-1) ?? null, deeds, now());
  const audit = entries.map((entry): OutgoingRecord => ({ topic: AUDIT_TOPIC, key: entry.subject, value: codec.encode('AuditEntry', entry), headers: {} }));
  const transaction = await producer.transaction();
  const topicMessages = [...Map.groupBy([...records, ...audit], ({ topic }) => topic)].map(([topic, messages]) => ({
    topic, messages: messages.map(({ topic: _topic, ...message }) => message),
  }));
  await transaction.sendBatch({ topicMessages, acks: -1 });
  await transaction.commit();
  return entries;
}
