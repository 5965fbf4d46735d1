import { crc32c } from './crc32c.ts';
import type { Encoder, EncoderClass } from './encoder.ts';
import { type OutgoingMessage, roomFor, writeRecord } from './record-writer.ts';

/** Record batches: the format's number, the attribute of transactional ones, and the bytes around a batch's records at most. */
const FORMAT = 2;
const TRANSACTIONAL = 16;
const BATCH_ROOM = 128;
const REQUEST_ROOM = 512;
const UTF8_PER_UNIT = 3;

interface PartitionData {
  partition: number;
  firstSequence?: number;
  messages: OutgoingMessage[];
}

export interface ProduceRequest {
  acks: number;
  timeout: number;
  transactionalId?: string | null;
  producerId?: unknown;
  producerEpoch?: number;
  compression?: number;
  topicData: { topic: string; partitions: PartitionData[] }[];
}

export type ProduceProtocol = (request: ProduceRequest) => { apiVersion: number; encode(): Promise<Encoder> };

/**
 * The produce request with everything written once, straight into one buffer. The stock one makes a buffer for each header, record, batch,
 * partition and topic, and copies each into the next. Compressed batches, which nothing here sends, are left to it.
 */
export function inOneBuffer(stock: ProduceProtocol, Encoder: EncoderClass): ProduceProtocol {
  return (request) => {
    const protocol = stock(request);
    return request.compression ? protocol : { ...protocol, encode: async () => encode(Encoder, request) };
  };
}

function encode(Encoder: EncoderClass, request: ProduceRequest): Encoder {
  const encoder = new Encoder(requestRoom(request));
  encoder.writeString(request.transactionalId ?? null).writeInt16(request.acks).writeInt32(request.timeout).writeInt32(request.topicData.length);
  for (const { topic, partitions } of request.topicData) {
    encoder.writeString(topic).writeInt32(partitions.length);
    for (const partition of partitions) writePartition(encoder, request, partition);
  }
  return encoder;
}

function requestRoom({ topicData, transactionalId }: ProduceRequest): number {
  let room = REQUEST_ROOM + UTF8_PER_UNIT * (transactionalId?.length ?? 0);
  for (const { topic, partitions } of topicData) {
    room += BATCH_ROOM + UTF8_PER_UNIT * topic.length;
    for (const { messages } of partitions) {
      room += BATCH_ROOM;
      for (const message of messages) room += roomFor(message);
    }
  }
  return room;
}

function writePartition(encoder: Encoder, request: ProduceRequest, data: PartitionData): void {
  encoder.writeInt32(data.partition);
  const sizeAt = encoder.offset;
  encoder.writeInt32(0).writeInt64(0);
  const lengthAt = encoder.offset;
  encoder.writeInt32(0).writeInt32(0).writeInt8(FORMAT);
  const checksumAt = encoder.offset;
  encoder.writeUInt32(0);
  writeBatchBody(encoder, request, data);
  const { buf, offset } = encoder;
  buf.writeInt32BE(offset - sizeAt - 4, sizeAt);
  buf.writeInt32BE(offset - lengthAt - 4, lengthAt);
  buf.writeUInt32BE(crc32c(buf, checksumAt + 4, offset), checksumAt);
}

function writeBatchBody(encoder: Encoder, request: ProduceRequest, { messages, firstSequence = 0 }: PartitionData): void {
  const now = Date.now();
  const [first, last] = timeSpan(messages, now);
  encoder
    .writeInt16(request.transactionalId ? TRANSACTIONAL : 0)
    .writeInt32(messages.length - 1)
    .writeInt64(first)
    .writeInt64(last)
    .writeInt64(request.producerId ?? -1)
    .writeInt16(request.producerEpoch ?? 0)
    .writeInt32(firstSequence)
    .writeInt32(messages.length);
  let offset = encoder.offset;
  messages.forEach((message, index) => {
    offset = writeRecord(encoder.buf, offset, message, index, Number(message.timestamp || now) - Number(first));
  });
  // Bytes written past the end would be lost without a word.
  if (offset > encoder.buf.length) throw new RangeError(`a batch of ${offset} bytes does not fit the ${encoder.buf.length} made for it`);
  encoder.offset = offset;
}

/** The batch's two timestamps, chosen as the stock request does: the times given with messages, least and greatest as texts. */
function timeSpan(messages: OutgoingMessage[], now: number): [string | number, string | number] {
  const given: string[] = [];
  for (const { timestamp } of messages) if (timestamp != null) given.push(timestamp);
  given.sort();
  return [given[0] ?? now, given.at(-1) ?? now];
}
