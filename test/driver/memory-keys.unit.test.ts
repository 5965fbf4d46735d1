import { keysConformance } from '../conformance/keys.ts';
import { memoryKeys } from './memory-keys.ts';

keysConformance('in memory', async () => {
  const keys = memoryKeys();
  return { keys, another: async () => keys, close: async () => {} };
});
