import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { measuredPages } from './record.ts';

it('pages tell what docs/measured holds: else run `npm run bench -- NAME --write`', () => {
  for (const [page, text] of Object.entries(measuredPages())) {
    expect(readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8'), page).toBe(text);
  }
});
