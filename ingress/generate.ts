import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openapiDocument } from './openapi.ts';
import { ENDPOINTS } from './routes/index.ts';

export const OPENAPI_FILE = join(import.meta.dirname, '..', 'docs', 'openapi.json');

/** The API's description as it is kept in docs/: the same as the running API serves. */
export const openapiText = (): string => `${JSON.stringify(openapiDocument(ENDPOINTS), null, 2)}\n`;

if (import.meta.main) {
  if (!process.argv.includes('--check')) writeFileSync(OPENAPI_FILE, openapiText());
  else if (readFileSync(OPENAPI_FILE, 'utf8') !== openapiText()) {
    console.error('docs/openapi.json is stale: run `npm run generate`');
    process.exit(1);
  }
}
