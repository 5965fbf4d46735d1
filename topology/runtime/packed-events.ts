/** Encoded events as one value: each with its length before it, 32 bits big endian. */
export function packEvents(events: readonly Buffer[]): Buffer {
  const packed = Buffer.allocUnsafe(events.reduce((size, event) => size + 4 + event.length, 0));
  let at = 0;
  for (const event of events) {
    at = packed.writeUInt32BE(event.length, at);
    at += event.copy(packed, at);
  }
  return packed;
}

/** The inverse of `packEvents`. Throws RangeError where the value is cut short. */
export function unpackEvents(packed: Buffer): Buffer[] {
  const events: Buffer[] = [];
  for (let at = 0; at < packed.length; ) {
    const end = at + 4 + packed.readUInt32BE(at);
    if (end > packed.length) throw new RangeError(`packed events end at ${packed.length}, expected ${end}`);
    events.push(packed.subarray(at + 4, end));
    at = end;
  }
  return events;
}
