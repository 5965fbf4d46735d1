import { inventoryConformance } from '../conformance/inventory.ts';
import { openMemoryInventory } from './memory-inventory.ts';

inventoryConformance('memory', async () => {
  const inventory = openMemoryInventory();
  return { inventory, another: () => inventory, entries: async () => inventory.entries(), close: async () => {} };
});
