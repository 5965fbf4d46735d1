import { readFileSync, writeFileSync } from 'node:fs';
import { loadSchemas, type AvroField, type AvroRecord, type AvroType } from './load.ts';

const OUTPUT = new URL('./types.ts', import.meta.url);
const PRIMITIVES: Record<string, string> = {
  string: 'string', int: 'number', long: 'number', float: 'number', double: 'number', boolean: 'boolean', null: 'null', bytes: 'Buffer',
};

/** TypeScript for all schemas: an interface a record, a string union an enum, and the lists of commands and events. */
export function generateTypes(): string {
  const declarations = new Map<string, string>();
  const schemas = loadSchemas();
  for (const schema of schemas) declareRecord(schema, declarations);
  const events = schemas.filter(isEvent).map((schema) => schema.name);
  return [
    '// Generated from schemas/orders/*.avsc by `npm run generate`. Do not edit.',
    ...declarations.values(),
    `export const EVENT_TYPES = [\n${events.map((name) => `  '${name}',`).join('\n')}\n] as const;`,
    'export type EventType = (typeof EVENT_TYPES)[number];',
    `export interface OrderEvents {\n${events.map((name) => `  ${name}: ${name};`).join('\n')}\n}`,
    'export type OrderEvent<Type extends EventType> = OrderEvents[Type];',
    'export type AnyOrderEvent = OrderEvents[EventType];',
    '',
  ].join('\n\n').replace(/\n+$/, '\n');
}

/** An event is a record that carries an event id and the order's snapshot. */
export function isEvent(schema: AvroRecord): boolean {
  const fields = new Set(schema.fields.map((field) => field.name));
  return fields.has('eventId') && fields.has('order');
}

function declareRecord(schema: AvroRecord, declarations: Map<string, string>): void {
  if (declarations.has(schema.name)) return;
  declarations.set(schema.name, '');
  const discriminant = isEvent(schema) ? [`  type: '${schema.name}';`] : [];
  const fields = schema.fields.map((field) => declareField(field, declarations));
  declarations.set(schema.name, `${docOf(schema.doc, '')}export interface ${schema.name} {\n${[...discriminant, ...fields].join('\n')}\n}`);
}

function declareField(field: AvroField, declarations: Map<string, string>): string {
  return `${docOf(field.doc, '  ')}  ${field.name}: ${typeText(field.type, declarations)};`;
}

function typeText(type: AvroType, declarations: Map<string, string>): string {
  if (typeof type === 'string') return PRIMITIVES[type] ?? type.split('.').at(-1) ?? type;
  if (Array.isArray(type)) return type.map((branch) => typeText(branch, declarations)).join(' | ');
  if (type.type === 'array') return `${wrapUnion(typeText(type.items, declarations))}[]`;
  if (type.type === 'record') {
    declareRecord(type, declarations);
    return type.name;
  }
  if (type.type === 'enum') {
    declarations.set(type.name, `export type ${type.name} = ${type.symbols.map((symbol) => `'${symbol}'`).join(' | ')};`);
    return type.name;
  }
  return typeText(type.type, declarations);
}

const wrapUnion = (text: string): string => (text.includes('|') ? `(${text})` : text);
const docOf = (doc: string | undefined, indent: string): string => (doc ? `${indent}/** ${doc} */\n` : '');

if (import.meta.main) {
  const text = generateTypes();
  if (process.argv.includes('--check')) {
    if (readFileSync(OUTPUT, 'utf8') !== text) throw new Error('schemas/types.ts is stale: run `npm run generate`');
  } else writeFileSync(OUTPUT, text);
}
