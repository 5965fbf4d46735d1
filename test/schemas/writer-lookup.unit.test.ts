import type avro from 'avsc';
import { describe, expect, it } from 'vitest';
import { compile, type Schema } from '../../schemas/avro.ts';
import { compileFormats, read, type Reader } from '../../schemas/format.ts';
import { type AvroField, type AvroRecord, standaloneSchemas } from '../../schemas/load.ts';
import { RegistryUnavailable } from '../../schemas/registry.ts';
import type { Undecodable } from '../../schemas/wire.ts';
import { writerLookup } from '../../schemas/writer-lookup.ts';

const formats = compileFormats();
const timer = { timerId: 't', orderId: 'o', kind: 'hold_expiry', dueAt: 5 };

function timerSchema(change: (fields: AvroField[]) => AvroField[], name = 'TimerFired'): AvroRecord {
  const schema = standaloneSchemas().find((candidate) => candidate.name === 'TimerFired')!;
  return { ...schema, name, fields: change(schema.fields) };
}

function lookupOver(answer: (id: number) => AvroRecord | undefined | Error) {
  const asked: number[] = [];
  const kept = new Map<number, Reader>();
  let now = 0;
  const registry = {
    async schemaOf(id: number): Promise<avro.Type | undefined> {
      asked.push(id);
      const schema = answer(id);
      if (schema instanceof Error) throw schema;
      return schema && compile(schema as Schema);
    },
  };
  const lookUp = writerLookup(
    registry,
    formats,
    (id, reader) => kept.set(id, reader),
    () => now,
  );
  return {
    lookUp,
    asked,
    kept,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

const wire = (schema: AvroRecord, value: object): Buffer =>
  Buffer.concat([Buffer.of(0, 0, 0, 0, 77), compile(schema as Schema).toBuffer(value)]);

const codeOf = (lookup: Promise<unknown>): Promise<string> =>
  lookup.then(
    () => 'found',
    (error: Undecodable) => error.code,
  );

describe('schemas of other writers', () => {
  it('reads an older record with the defaults of what it lacks, and a newer one without what it adds', async () => {
    const newer = timerSchema((fields) => [
      { name: 'note', type: { type: 'array', items: 'string' } },
      ...fields,
      { name: 'by', type: 'string' },
    ]);
    const { lookUp, kept } = lookupOver(() => newer);
    const reader = await lookUp(77);
    expect(read(reader, 77, wire(newer, { ...timer, note: ['a', 'b'], by: 'x' }))).toStrictEqual(timer);
    expect(kept.get(77)).toBe(reader);
  });

  it('refuses a count that the bytes cannot hold in a field it skips', async () => {
    const newer = timerSchema((fields) => [{ name: 'note', type: { type: 'array', items: 'string' } }, ...fields]);
    const reader = await lookupOver(() => newer).lookUp(77);
    const bomb = Buffer.concat([
      Buffer.of(0, 0, 0, 0, 77),
      Buffer.of(254, 255, 255, 255, 255, 255, 7),
      Buffer.alloc(30),
    ]);
    expect(() => read(reader, 77, bomb)).toThrow('malformed: not a TimerFired');
  });

  it('refuses a schema that lacks a field without a default', async () => {
    const { lookUp } = lookupOver(() => timerSchema((fields) => fields.slice(1)));
    await expect(lookUp(77)).rejects.toMatchObject({
      code: 'unknown_schema',
      schemaId: 77,
      message: expect.stringContaining('cannot be read as TimerFired'),
    });
  });

  it('refuses a record of another name', async () => {
    expect(await codeOf(lookupOver(() => timerSchema((fields) => fields, 'Elsewhere')).lookUp(77))).toBe(
      'unknown_schema',
    );
  });

  it('asks once for all who wait', async () => {
    const { lookUp, asked } = lookupOver(() => timerSchema((fields) => fields));
    const readers = await Promise.all([lookUp(77), lookUp(77), lookUp(77)]);
    expect(new Set(readers).size).toBe(1);
    expect(asked).toEqual([77]);
  });

  it('remembers an unknown id for some seconds, then asks again', async () => {
    const known = new Map<number, AvroRecord>();
    const { lookUp, asked, pass } = lookupOver((id) => known.get(id));
    expect([await codeOf(lookUp(77)), await codeOf(lookUp(77))]).toEqual(['unknown_schema', 'unknown_schema']);
    expect(asked).toEqual([77]);
    known.set(
      77,
      timerSchema((fields) => fields),
    );
    pass(4_999);
    expect(await codeOf(lookUp(77))).toBe('unknown_schema');
    pass(1);
    expect(await codeOf(lookUp(77))).toBe('found');
    expect(asked).toEqual([77, 77]);
  });

  it('never asks for an id that cannot exist', async () => {
    const { lookUp, asked } = lookupOver(() => undefined);
    expect([await codeOf(lookUp(0)), await codeOf(lookUp(-1))]).toEqual(['unknown_schema', 'unknown_schema']);
    expect(asked).toEqual([]);
  });

  it('takes an outage for passing, and keeps nothing of it', async () => {
    let away = true;
    const { lookUp } = lookupOver(() => (away ? new RegistryUnavailable('away') : timerSchema((fields) => fields)));
    await expect(lookUp(77)).rejects.toMatchObject({ name: 'RegistryUnavailable', transient: true });
    away = false;
    expect(await codeOf(lookUp(77))).toBe('found');
  });
});
