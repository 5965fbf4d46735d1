/** `npm run bench`, and measurements of one thing each by the word after `npm run bench --`. Each prints one JSON object. */
const MEASUREMENTS: Record<string, () => Promise<{ measure(): Promise<object> }>> = {
  orders: () => import('./orders.ts'),
  chain: () => import('./chain.ts'),
  stored: () => import('./stored.ts'),
  soak: () => import('./soak.ts'),
  availability: () => import('./availability.ts'),
  scale: () => import('./scale.ts'),
  restore: () => import('./restore.ts'),
};

const [name = 'orders'] = process.argv.slice(2);
const load = MEASUREMENTS[name];
if (!load) {
  console.error(`There is no measurement ${name}: one of ${Object.keys(MEASUREMENTS).join(', ')}.`);
  process.exit(1);
}
console.log(JSON.stringify(await (await load()).measure(), null, 2));
