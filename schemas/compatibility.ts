import { compile, type Schema } from './avro.ts';
import type { AvroEnum, AvroRecord, AvroType } from './load.ts';

/** Named types by name, as met when walking a schema: each is written out once and named from then on. */
type Names = Map<string, AvroRecord | AvroEnum>;

interface Side {
  type: AvroType;
  names: Names;
}

/**
 * Why records written with `released` could not be read, or not with the same meaning, with `current`; empty where they
 * can. Stricter than Avro: every type stays what it was (no promotions), no enum symbol and no union branch goes, a new
 * field has a default, and a field goes only if it had one (processes of the release before still read what is written
 * now). Each reason starts with a path.
 */
export function incompatibilities(current: AvroRecord, released: AvroRecord): string[] {
  const now = { type: current, names: namesIn(current) };
  const then = { type: released, names: namesIn(released) };
  const faults = compare(now, then, current.name);
  const unresolved = unreadable(current, released);
  return faults.length === 0 && unresolved ? [`${current.name}: ${unresolved}`] : faults;
}

/** What avsc says against reading one schema with another; undefined where it can. */
function unreadable(reader: AvroRecord, writer: AvroRecord): string | undefined {
  try {
    compile(reader as Schema).createResolver(compile(writer as Schema));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function compare(now: Side, then: Side, path: string): string[] {
  const current = resolve(now);
  const released = resolve(then);
  if (Array.isArray(current) && Array.isArray(released)) {
    return released.flatMap((branch) => {
      const match = current.find((candidate) => nameOf(candidate) === nameOf(branch));
      return match === undefined
        ? [`${path}: ${nameOf(branch)} is gone from the union`]
        : compare({ ...now, type: match }, { ...then, type: branch }, path);
    });
  }
  if (nameOf(current) !== nameOf(released)) return [`${path}: was ${nameOf(released)}, is ${nameOf(current)}`];
  if (isKind(current, 'record') && isKind(released, 'record')) return compareFields(now, then, current, released, path);
  if (isKind(current, 'array') && isKind(released, 'array')) {
    return compare({ ...now, type: current.items }, { ...then, type: released.items }, `${path}[]`);
  }
  if (isKind(current, 'enum') && isKind(released, 'enum')) {
    return released.symbols
      .filter((symbol) => !current.symbols.includes(symbol))
      .map((symbol) => `${path}: symbol ${symbol} is gone`);
  }
  return [];
}

function compareFields(now: Side, then: Side, current: AvroRecord, released: AvroRecord, path: string): string[] {
  const before = new Map(released.fields.map((field) => [field.name, field]));
  const after = new Set(current.fields.map((field) => field.name));
  const gone = released.fields.filter((field) => !after.has(field.name) && field.default === undefined);
  return [
    ...gone.map((field) => `${path}.${field.name}: is gone and had no default`),
    ...current.fields.flatMap((field) => {
      const at = `${path}.${field.name}`;
      const old = before.get(field.name);
      if (old) return compare({ ...now, type: field.type }, { ...then, type: old.type }, at);
      return field.default === undefined ? [`${at}: is new and has no default`] : [];
    }),
  ];
}

type Kind = { record: AvroRecord; enum: AvroEnum; array: { type: 'array'; items: AvroType } };

const isKind = <Name extends keyof Kind>(type: AvroType, kind: Name): type is Kind[Name] =>
  typeof type === 'object' && !Array.isArray(type) && type.type === kind;

/** A reference becomes the type it names. */
function resolve({ type, names }: Side): AvroType {
  return typeof type === 'string' ? (names.get(type) ?? type) : type;
}

/**
 * Types of the same name are compared further by what they hold. A record is named alike written out and referred to.
 */
function nameOf(type: AvroType): string {
  if (typeof type === 'string') return type;
  if (Array.isArray(type)) return `union of ${type.map(nameOf).join(', ')}`;
  if (isKind(type, 'record') || isKind(type, 'enum')) return type.name;
  if (isKind(type, 'array')) return 'array';
  return type.logicalType ? `${type.type} (${type.logicalType})` : type.type;
}

function namesIn(type: AvroType, names: Names = new Map()): Names {
  if (typeof type === 'string') return names;
  if (Array.isArray(type)) for (const branch of type) namesIn(branch, names);
  else if (isKind(type, 'array')) namesIn(type.items, names);
  else if (isKind(type, 'enum')) names.set(type.name, type);
  else if (isKind(type, 'record')) {
    names.set(type.name, type);
    for (const field of type.fields) namesIn(field.type, names);
  }
  return names;
}
