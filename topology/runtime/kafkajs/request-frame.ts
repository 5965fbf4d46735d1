import type { Encoder, EncoderClass } from './encoder.ts';

const FRAME_ROOM = 64;
const UTF8_PER_UNIT = 3;

interface Framed {
  correlationId: number;
  clientId: string;
  request: { apiKey: number; apiVersion: number; encode(): Promise<Encoder> };
}

/** Puts the head before a request in one copy of it; the stock function makes two, the second for the size alone. */
export function frameWith(Encoder: EncoderClass): (framed: Framed) => Promise<Encoder> {
  return async ({ correlationId, clientId, request: { apiKey, apiVersion, encode } }) => {
    const payload = await encode();
    const frame = new Encoder(FRAME_ROOM + UTF8_PER_UNIT * (clientId?.length ?? 0) + payload.size());
    frame.writeInt32(0).writeInt16(apiKey).writeInt16(apiVersion).writeInt32(correlationId).writeString(clientId).writeEncoder(payload);
    frame.buf.writeInt32BE(frame.size() - 4, 0);
    return frame;
  };
}
