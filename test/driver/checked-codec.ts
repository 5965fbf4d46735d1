import { type Codec, memoryCodec } from '../../schemas/codec.ts';

/**
 * The codec without a registry. It writes each event a second time, whole, and throws where that gives other bytes: some step has changed a
 * part of an order in place.
 */
export function checkedCodec(): Codec {
  const codec = memoryCodec();
  return {
    ...codec,
    encodeEvent(event, before) {
      const encoded = codec.encodeEvent(event, before);
      if (!encoded.bytes.equals(codec.encode(event.type, event))) throw new Error(`${event.type} after ${before?.event.type ?? 'nothing'} was not written as it is: a part of its order was changed in place`);
      return encoded;
    },
  };
}
