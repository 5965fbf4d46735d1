import { orderStateConformance } from '../conformance/order-state.ts';
import { openMemoryState } from './memory-state.ts';

orderStateConformance('memory', async () => {
  const state = openMemoryState();
  return { state, lose: async () => state.lose(), renew: async () => state.renew(), close: () => state.close() };
});
