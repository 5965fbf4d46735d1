import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { compile, type Schema } from '../../schemas/avro.ts';
import { openCodec, registerSchemas, type Subject } from '../../schemas/codec.ts';
import { type AvroRecord, standaloneSchemas } from '../../schemas/load.ts';
import { openRegistry } from '../../schemas/registry.ts';
import { arbitraryEvent, arbitraryTimer } from './arbitrary-order.ts';

const registryUrl = inject('stack').schemaRegistryUrl;
const timerSchema = standaloneSchemas().find(({ name }) => name === 'TimerFired')!;
const timer = { timerId: 't', orderId: 'o', kind: 'hold_expiry' as const, dueAt: 5 };

/** Subjects of this test alone, whatever else the registry holds. */
const freshSubjects = (names: readonly string[]): Subject[] =>
  names.map((name) => ({ name, subject: `${name}-${randomUUID()}-value` }));
const allNames = standaloneSchemas().map(({ name }) => name);

async function ask(
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
  const response = await fetch(`${registryUrl}${path}`, { method, headers, body: body ? JSON.stringify(body) : null });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const bytesOf = (id: number, schema: AvroRecord, value: object): Buffer => {
  const header = Buffer.alloc(5);
  header.writeInt32BE(id, 1);
  return Buffer.concat([header, compile(schema as Schema).toBuffer(value)]);
};

describe('registration', () => {
  it('registers every schema BACKWARD_TRANSITIVE, and changes nothing when repeated', async () => {
    const subjects = freshSubjects(allNames);
    await registerSchemas({ registryUrl, subjects });
    await registerSchemas({ registryUrl, subjects });
    for (const { subject } of subjects) {
      expect((await ask('GET', `/config/${subject}`)).body).toEqual({ compatibilityLevel: 'BACKWARD_TRANSITIVE' });
      expect((await ask('GET', `/subjects/${subject}/versions`)).body).toEqual([1]);
    }
  });

  it('takes a subject over that has another compatibility level', async () => {
    const [subject] = freshSubjects(['TimerFired']) as [Subject];
    await ask('POST', `/subjects/${subject.subject}/versions`, { schema: JSON.stringify(timerSchema) });
    await ask('PUT', `/config/${subject.subject}`, { compatibility: 'NONE' });
    await registerSchemas({ registryUrl, subjects: [subject] });
    expect((await ask('GET', `/config/${subject.subject}`)).body).toEqual({
      compatibilityLevel: 'BACKWARD_TRANSITIVE',
    });
  });

  it('names every subject that refuses, with the reason', async () => {
    const subjects = freshSubjects(['TimerFired', 'OrderCommand', 'OrderReceived']);
    const other = (name: string) =>
      JSON.stringify({ type: 'record', name, namespace: 'iaros.orders', fields: [{ name: 'other', type: 'string' }] });
    for (const { subject, name } of subjects.slice(0, 2))
      await ask('POST', `/subjects/${subject}/versions`, { schema: other(name) });
    const refusal = await registerSchemas({ registryUrl, subjects }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      name: 'SchemasRefused',
      refused: subjects.slice(0, 2).map(({ subject }) => ({ subject, reason: expect.stringMatching(/incompatible/i) })),
    });
    expect(String(refusal)).toContain(subjects[0]!.subject);
  });

  it('takes a registry that is away for passing', async () => {
    const subjects = freshSubjects(['TimerFired']);
    await expect(registerSchemas({ registryUrl: 'http://127.0.0.1:1', subjects })).rejects.toMatchObject({
      transient: true,
    });
    await expect(openCodec({ registryUrl: 'http://127.0.0.1:1', subjects })).rejects.toMatchObject({ transient: true });
  });
});

describe('codec', () => {
  it('reads what another process wrote, with the ids of the registry', async () => {
    const subjects = freshSubjects(allNames);
    await registerSchemas({ registryUrl, subjects });
    const [writer, reader] = await Promise.all([
      openCodec({ registryUrl, subjects }),
      openCodec({ registryUrl, subjects }),
    ]);
    for (const event of fc.sample(arbitraryEvent(), 60)) {
      const bytes = writer.encode(event.type, event);
      expect(reader.decode(bytes)).toStrictEqual({ name: event.type, schemaId: bytes.readInt32BE(1), record: event });
      const { body } = await ask('GET', `/schemas/ids/${bytes.readInt32BE(1)}`);
      expect(JSON.parse(body['schema'] as string)).toMatchObject({ name: event.type });
    }
  });

  it('will not open on schemas that are not registered', async () => {
    const subjects = freshSubjects(['TimerFired']);
    await expect(openCodec({ registryUrl, subjects })).rejects.toThrow(
      `the schema of TimerFired in this build is not registered under ${subjects[0]!.subject}`,
    );
  });

  it('reads records of a newer schema, and of an older one that lacks a field with a default', async () => {
    const subjects = freshSubjects(['TimerFired', 'OrderCommand']);
    await registerSchemas({ registryUrl, subjects });
    const codec = await openCodec({ registryUrl, subjects });
    const newer = {
      ...timerSchema,
      fields: [...timerSchema.fields, { name: 'by', type: 'string', default: '' }],
    } as AvroRecord;
    const added = await ask('POST', `/subjects/${subjects[0]!.subject}/versions`, { schema: JSON.stringify(newer) });
    expect(added.status).toBe(200);
    const newerId = added.body['id'] as number;
    expect(await codec.decode(bytesOf(newerId, newer, { ...timer, by: 'x' }))).toStrictEqual({
      name: 'TimerFired',
      schemaId: newerId,
      record: timer,
    });

    const command = standaloneSchemas().find(({ name }) => name === 'OrderCommand')!;
    const older = { ...command, fields: command.fields.filter(({ name }) => name !== 'authenticate') };
    const found = await ask('POST', `/subjects/${randomUUID()}-value/versions`, { schema: JSON.stringify(older) });
    const olderId = found.body['id'] as number;
    const value = { commandId: 'c', orderId: 'o', kind: 'cancel', issuedAt: 1, place: null, cancel: { reason: 'r' } };
    expect(await codec.decode(bytesOf(olderId, older, value))).toStrictEqual({
      name: 'OrderCommand',
      schemaId: olderId,
      record: { ...value, authenticate: null },
    });
  });

  it('refuses ids that are unknown, of another record, or not Avro', async () => {
    const subjects = freshSubjects(['TimerFired']);
    await registerSchemas({ registryUrl, subjects });
    const codec = await openCodec({ registryUrl, subjects });
    const other: AvroRecord = {
      type: 'record',
      name: 'Unrelated',
      namespace: 'iaros.orders',
      fields: [{ name: 'a', type: 'string' }],
    };
    const $schema = 'http://json-schema.org/draft-07/schema#';
    const foreign = [
      { schema: JSON.stringify(other) },
      { schema: '"string"' },
      { schemaType: 'JSON', schema: JSON.stringify({ $schema, type: 'object' }) },
      { schemaType: 'JSON', schema: JSON.stringify({ $schema, type: 'object', ofNoDraft: true }) },
      { schemaType: 'PROTOBUF', schema: 'syntax = "proto3"; message Thing { string a = 1; }' },
    ];
    const answers = await Promise.all(
      foreign.map((body) => ask('POST', `/subjects/${randomUUID()}-value/versions`, body)),
    );
    expect(answers.map(({ status }) => status)).toEqual(foreign.map(() => 200));
    for (const id of [2 ** 31 - 1, ...answers.map(({ body }) => body['id'] as number)]) {
      await expect(codec.decode(bytesOf(id, timerSchema, timer))).rejects.toMatchObject({
        name: 'Undecodable',
        code: 'unknown_schema',
        schemaId: id,
      });
    }
  });

  it('takes an outage during a lookup for passing, and reads its own schemas throughout', async () => {
    const subjects = freshSubjects(['TimerFired']);
    await registerSchemas({ registryUrl, subjects });
    let away = false;
    // Between the codec and the registry, so that the registry can seem to fail.
    const proxy = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', async () => {
          if (away) return response.writeHead(503).end();
          const body = chunks.length > 0 ? Buffer.concat(chunks) : null;
          const answer = await fetch(registryUrl + request.url, {
            method: request.method!,
            headers: { 'content-type': 'application/json' },
            body,
          });
          return response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
        });
    });
    await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening));
    try {
      const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/`;
      const codec = await openCodec({ registryUrl: address, subjects });
      const newer = {
        ...timerSchema,
        fields: [...timerSchema.fields, { name: 'by', type: 'string', default: '' }],
      } as AvroRecord;
      const answer = await openRegistry(registryUrl).register(subjects[0]!.subject, newer);
      const id = 'id' in answer ? answer.id : 0;
      const bytes = bytesOf(id, newer, { ...timer, by: 'x' });
      away = true;
      await expect(codec.decode(bytes)).rejects.toMatchObject({ name: 'RegistryUnavailable', transient: true });
      const [own] = fc.sample(arbitraryTimer(), 1);
      expect(codec.decode(codec.encode('TimerFired', own!))).toMatchObject({ record: own });
      away = false;
      expect(await codec.decode(bytes)).toMatchObject({ schemaId: id, record: timer });
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });
});
