import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { incompatibilities } from './compatibility.ts';
import { type AvroRecord, standaloneSchemas } from './load.ts';

/** A schema as it went out once. Committed, complete in itself, never changed. */
export interface Release {
  /** 1 for the first of a record, then one more each. */
  version: number;
  schema: AvroRecord;
}

const FOLDER = new URL('./released/', import.meta.url);
const FILE_NAME = /^([a-z-]+)\.v(\d+)\.avsc$/;

/** `order-validated` for OrderValidated. */
export const stemOf = (name: string): string => name.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();

/** Every release of every record, oldest first. */
export function loadReleases(folder: URL = FOLDER): Release[] {
  const releases = readdirSync(folder).map((file) => {
    const [, stem, version] = FILE_NAME.exec(file) ?? [];
    const schema = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as AvroRecord;
    if (stem !== stemOf(schema.name))
      throw new Error(`schemas/released/${file} is not named ${stemOf(schema.name)}.v<n>.avsc`);
    return { version: Number(version), schema };
  });
  return releases.sort((one, other) => one.version - other.version);
}

/**
 * Everything against the schemas as they are: a change that some release of the same record does not allow, a gap among
 * the releases, a released record that is gone.
 */
export function faultsIn(current: readonly AvroRecord[], releases: readonly Release[]): string[] {
  const names = new Set(current.map(({ name }) => name));
  const gone = new Set(releases.map(({ schema }) => schema.name).filter((name) => !names.has(name)));
  return [
    ...[...gone].map((name) => `${name}: was released and is gone`),
    ...current.flatMap((schema) => {
      const own = releases.filter((release) => release.schema.name === schema.name);
      const gaps = own
        .filter(({ version }, at) => version !== at + 1)
        .map(({ version }) => `${schema.name}: release ${version} follows a gap`);
      return [
        ...gaps,
        ...own.flatMap((release) =>
          incompatibilities(schema, release.schema).map((fault) => `${fault} (release ${release.version})`),
        ),
      ];
    }),
  ];
}

/**
 * Schemas that differ, in more than their docs, from their newest release or have none, as the releases they would be.
 */
export function unreleased(current: readonly AvroRecord[], releases: readonly Release[]): Release[] {
  return current.flatMap((schema) => {
    const newest = releases.findLast((release) => release.schema.name === schema.name);
    if (newest && isDeepStrictEqual(withoutDocs(newest.schema), withoutDocs(schema))) return [];
    return [{ version: (newest?.version ?? 0) + 1, schema }];
  });
}

const withoutDocs = (schema: AvroRecord): unknown =>
  JSON.parse(
    JSON.stringify(schema, (key, value: unknown) => (key === 'doc' && typeof value === 'string' ? undefined : value)),
  );

/**
 * Writes the releases that are due and returns their file names. Throws, and writes nothing, where a change is not
 * allowed.
 */
export function release(folder: URL = FOLDER, current: readonly AvroRecord[] = standaloneSchemas()): string[] {
  mkdirSync(folder, { recursive: true });
  const releases = loadReleases(folder);
  const faults = faultsIn(current, releases);
  if (faults.length > 0)
    throw new Error(`these schemas cannot be released:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  return unreleased(current, releases).map(({ version, schema }) => {
    const file = `${stemOf(schema.name)}.v${version}.avsc`;
    writeFileSync(new URL(file, folder), `${JSON.stringify(schema, null, 2)}\n`, { flag: 'wx' });
    return file;
  });
}

if (import.meta.main) {
  if (process.argv.includes('--release')) {
    const files = release();
    console.log(files.length > 0 ? files.map((file) => `released ${file}`).join('\n') : 'nothing to release');
  } else {
    const releases = loadReleases();
    const due = unreleased(standaloneSchemas(), releases).map(
      ({ version, schema }) => `${schema.name}: version ${version} is not released: run with --release`,
    );
    const faults = [...faultsIn(standaloneSchemas(), releases), ...due];
    for (const fault of faults) console.error(fault);
    process.exitCode = faults.length > 0 ? 1 : 0;
  }
}
