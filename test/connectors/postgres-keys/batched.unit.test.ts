import { describe, expect, it } from 'vitest';
import { batched } from '../../../connectors/postgres-keys/batched.ts';

function counting(load: (keys: string[]) => Promise<Map<string, string>>) {
  const calls: string[][] = [];
  const lookUp = batched((keys) => {
    calls.push(keys);
    return load(keys);
  });
  return { lookUp, calls };
}

const upper = async (keys: string[]): Promise<Map<string, string>> =>
  new Map(keys.map((key) => [key, key.toUpperCase()]));

describe('batched', () => {
  it('asks once for all keys of one turn, each key once', async () => {
    const { lookUp, calls } = counting(upper);
    expect(await Promise.all([lookUp('a'), lookUp('b'), lookUp('a')])).toEqual(['A', 'B', 'A']);
    expect(calls).toEqual([['a', 'b']]);
  });

  it('asks again in the next turn: an answer is never older than the question', async () => {
    const { lookUp, calls } = counting(upper);
    await lookUp('a');
    await lookUp('a');
    expect(calls).toEqual([['a'], ['a']]);
  });

  it('answers undefined for what is not found', async () => {
    const { lookUp } = counting(async () => new Map([['a', 'A']]));
    expect(await Promise.all([lookUp('a'), lookUp('b')])).toEqual(['A', undefined]);
  });

  it('fails for all who wait, and works again', async () => {
    let away = true;
    const { lookUp } = counting(async (keys) => {
      if (away) throw new Error('away');
      return upper(keys);
    });
    const outcomes = await Promise.allSettled([lookUp('a'), lookUp('b')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    away = false;
    expect(await lookUp('a')).toBe('A');
  });

  it('gathers while a call is under way, and asks when it ends', async () => {
    const first = Promise.withResolvers<Map<string, string>>();
    const { lookUp, calls } = counting((keys) => (keys.includes('a') ? first.promise : upper(keys)));
    const a = lookUp('a');
    await new Promise(setImmediate);
    const others = [lookUp('b'), lookUp('c')];
    await new Promise(setImmediate);
    expect(calls).toEqual([['a']]);
    first.resolve(new Map([['a', 'A']]));
    expect(await Promise.all([a, ...others])).toEqual(['A', 'B', 'C']);
    expect(calls).toEqual([['a'], ['b', 'c']]);
  });

  it('waits no longer than 20 ms for a call that hangs', async () => {
    const { lookUp, calls } = counting((keys) => (keys.includes('a') ? new Promise(() => undefined) : upper(keys)));
    void lookUp('a');
    await new Promise(setImmediate);
    expect(await lookUp('b')).toBe('B');
    expect(calls).toEqual([['a'], ['b']]);
  });
});
