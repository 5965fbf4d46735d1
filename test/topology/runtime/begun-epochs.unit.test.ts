import { describe, expect, it } from 'vitest';
import { BegunEpochs } from '../../../topology/runtime/begun-epochs.ts';

describe('begun epochs', () => {
  it('answer the epoch last noted for an order, until forgotten', () => {
    const begun = new BegunEpochs();
    begun.note('a', 'one');
    begun.note('b', 'one');
    begun.note('a', 'two');
    expect([begun.of('a'), begun.of('b'), begun.of('c')]).toEqual(['two', 'one', undefined]);
    begun.forget('a');
    expect(begun.of('a')).toBeUndefined();
  });

  it('drop the order noted longest ago when there are too many', () => {
    const begun = new BegunEpochs();
    for (let order = 0; order < 50_000; order += 1) begun.note(`o${order}`, 'one');
    begun.note('o0', 'two');
    begun.note('new', 'two');
    expect([begun.of('o0'), begun.of('o1'), begun.of('o2'), begun.of('new')]).toEqual(['two', undefined, 'one', 'two']);
  });
});
