import { readdirSync, readFileSync } from 'node:fs';

export type AvroType = string | AvroType[] | AvroRecord | AvroEnum | AvroArray | AvroLogical;
export interface AvroField { name: string; type: AvroType; doc?: string; default?: unknown }
export interface AvroRecord { type: 'record'; name: string; namespace?: string; doc?: string; fields: AvroField[] }
export interface AvroEnum { type: 'enum'; name: string; symbols: string[] }
export interface AvroArray { type: 'array'; items: AvroType }
export interface AvroLogical { type: 'string' | 'long' | 'int' | 'double'; logicalType?: string }

const FOLDER = new URL('./orders/', import.meta.url);

/** Records other schemas refer to by name; each is written out in full at its first use in a schema. */
const SHARED = ['order.avsc'];

const read = (file: string): AvroRecord => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as AvroRecord;

/** Every .avsc as it is on disk, shared records first, the rest by file name. References are by name. */
export function loadSchemas(): AvroRecord[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.avsc') && !SHARED.includes(file)).sort();
  return [...SHARED, ...files].map(read);
}

/** The command and event schemas, each complete in itself: what is registered and what a reader needs. */
export function standaloneSchemas(): AvroRecord[] {
  const schemas = loadSchemas();
  const shared = new Map(schemas.slice(0, SHARED.length).map((schema) => [schema.name, schema]));
  return schemas.slice(SHARED.length).map((schema) => inline(schema, shared, new Set()) as AvroRecord);
}

function inline(type: AvroType, shared: Map<string, AvroRecord>, defined: Set<string>): AvroType {
  if (typeof type === 'string') {
    const record = shared.get(type);
    return record && !defined.has(type) ? inline(record, shared, defined) : type;
  }
  if (Array.isArray(type)) return type.map((branch) => inline(branch, shared, defined));
  if (type.type === 'record') {
    defined.add(type.name);
    return { ...type, fields: type.fields.map((field) => ({ ...field, type: inline(field.type, shared, defined) })) };
  }
  if (type.type === 'array') return { ...type, items: inline(type.items, shared, defined) };
  return type;
}
