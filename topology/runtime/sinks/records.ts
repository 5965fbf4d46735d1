import type { LogPosition } from '../../../connectors/ports/sink-rows.ts';
import type { Codec } from '../../../schemas/codec.ts';
import type { AnyOrderEvent, EventType } from '../../../schemas/types.ts';
import { deadLetter, type OutgoingRecord, type RawRecord } from '../dead-letter.ts';
import { kindOf, Unprocessable } from '../errors.ts';
import { isGenuine } from '../event-id.ts';
import type { SinkEntry } from './store.ts';

export interface SinkReader<Row> {
  codec: Codec;
  /** The event type each topic holds. */
  topics: ReadonlyMap<string, EventType>;
  row(event: AnyOrderEvent, position: LogPosition): Row;
}

/** Records as entries; those that nobody can read as dead letters of the sink. Throws faults that pass, such as a registry that does not answer. */
export async function readEntries<Row>(
  sink: string,
  reader: SinkReader<Row>,
  records: readonly RawRecord[],
  now: number,
): Promise<{ entries: SinkEntry<Row>[]; deadLetters: OutgoingRecord[] }> {
  const entries: SinkEntry<Row>[] = [];
  const deadLetters: OutgoingRecord[] = [];
  for (const record of records) {
    try {
      const read = entryOf(reader, record);
      entries.push(read instanceof Promise ? await read : read);
    } catch (error) {
      if (kindOf(error) !== 'permanent') throw error;
      deadLetters.push(deadLetter(sink, record, error, 1, now));
    }
  }
  return { entries, deadLetters };
}

function entryOf<Row>(reader: SinkReader<Row>, record: RawRecord): SinkEntry<Row> | Promise<SinkEntry<Row>> {
  if (!record.value) throw new Unprocessable('no_value', 'the record has no value');
  const decoded = reader.codec.decode(record.value);
  const toEntry = ({ name, record: event }: Awaited<typeof decoded>): SinkEntry<Row> => {
    if (name !== reader.topics.get(record.topic)) throw new Unprocessable('unexpected_record', `a ${name} does not belong on ${record.topic}`);
    const { topic, partition, offset } = record;
    return { record, row: reader.row(genuine(event as AnyOrderEvent), { topic, partition, offset }) };
  };
  return decoded instanceof Promise ? decoded.then(toEntry) : toEntry(decoded);
}

/** Stores need no index to keep event ids apart: a genuine id belongs to one version of one order, and that is their key. */
function genuine(event: AnyOrderEvent): AnyOrderEvent {
  if (isGenuine(event)) return event;
  throw new Unprocessable('forged_event', 'the id of the event does not follow from its order, cause, type and version');
}
