const SIZE_BYTES = 4;

/** Cuts a stream of Kafka's messages into whole ones: each is its length, four bytes, and so many bytes more. */
export class KafkaFrames {
  /** Of a frame that is not whole yet. Put together once: answers have many megabytes and come in hundreds of chunks. */
  #chunks: Buffer[] = [];
  #gathered = 0;
  /** Bytes without which there is nothing to cut. */
  #needed = SIZE_BYTES;

  /** The whole frames that this chunk completes, their lengths included. */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#gathered += chunk.length;
    if (this.#gathered < this.#needed) return [];
    let bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    const frames: Buffer[] = [];
    for (this.#needed = neededFor(bytes); bytes.length >= this.#needed; this.#needed = neededFor(bytes)) {
      frames.push(bytes.subarray(0, this.#needed));
      bytes = bytes.subarray(this.#needed);
    }
    this.#chunks = [bytes];
    this.#gathered = bytes.length;
    return frames;
  }
}

/** Bytes of the frame that begins here, or of its length where that is not there yet. */
const neededFor = (bytes: Buffer): number => (bytes.length < SIZE_BYTES ? SIZE_BYTES : SIZE_BYTES + bytes.readInt32BE(0));
