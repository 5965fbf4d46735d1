import { expect, it } from 'vitest';
import { KafkaFrames } from './kafka-frames.ts';

function frame(bytes: number, fill: number): Buffer {
  const whole = Buffer.alloc(4 + bytes, fill);
  whole.writeInt32BE(bytes, 0);
  return whole;
}

const FRAMES = [frame(3, 1), frame(0, 2), frame(1_000, 3), frame(70_000, 4), frame(5, 5)];

it.each([1, 2, 3, 4, 5, 7, 64, 1_003, 65_536, 1_000_000])('cuts the same frames out of chunks of %i bytes', (size) => {
  const stream = Buffer.concat(FRAMES);
  const frames = new KafkaFrames();
  const cut: Buffer[] = [];
  for (let at = 0; at < stream.length; at += size) cut.push(...frames.push(stream.subarray(at, at + size)));
  expect(cut.map((each) => each.length)).toEqual(FRAMES.map((each) => each.length));
  expect(Buffer.concat(cut).equals(stream)).toBe(true);
});

it('gives a frame out with the chunk that completes it', () => {
  const frames = new KafkaFrames();
  expect(frames.push(FRAMES[2]?.subarray(0, 900) as Buffer)).toEqual([]);
  expect(frames.push(Buffer.concat([FRAMES[2]?.subarray(900) as Buffer, Buffer.from([0, 0])]))).toEqual([FRAMES[2]]);
});
