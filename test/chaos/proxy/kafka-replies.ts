import { KafkaFrames } from './kafka-frames.ts';

const API_KEY_AT = 4;
const REQUEST_CORRELATION_AT = 8;
const REPLY_CORRELATION_AT = 4;

/** A reply and the number of the request it answers. */
export interface KafkaReply {
  apiKey: number | undefined;
  frame: Buffer;
}

/** Tells which request each reply of one connection answers: replies carry a correlation id alone, requests that and their api's number. */
export class KafkaReplies {
  readonly #requests = new KafkaFrames();
  readonly #replies = new KafkaFrames();
  readonly #asked = new Map<number, number>();

  /** Notes the requests that this chunk completes. */
  sent(chunk: Buffer): void {
    for (const frame of this.#requests.push(chunk)) this.#asked.set(frame.readInt32BE(REQUEST_CORRELATION_AT), frame.readInt16BE(API_KEY_AT));
  }

  /** The replies that this chunk completes. */
  received(chunk: Buffer): KafkaReply[] {
    return this.#replies.push(chunk).map((frame) => {
      const correlation = frame.readInt32BE(REPLY_CORRELATION_AT);
      const apiKey = this.#asked.get(correlation);
      this.#asked.delete(correlation);
      return { apiKey, frame };
    });
  }
}
