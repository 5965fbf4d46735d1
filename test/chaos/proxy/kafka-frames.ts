const SIZE_BYTES = 4;

/** Cuts a stream of Kafka's messages into whole ones: each is its length, four bytes, and so many bytes more. */
export class KafkaFrames {
  #rest: Buffer = Buffer.alloc(0);

  /** The whole frames that this chunk completes, their lengths included. */
  push(chunk: Buffer): Buffer[] {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Buffer[] = [];
    while (bytes.length >= SIZE_BYTES) {
      const end = SIZE_BYTES + bytes.readInt32BE(0);
      if (bytes.length < end) break;
      frames.push(bytes.subarray(0, end));
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
    return frames;
  }
}
