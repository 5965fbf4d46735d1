import avro from 'avsc';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { EVENT_TYPES } from '../../../schemas/types.ts';
import { standaloneSchemas } from '../../../schemas/load.ts';
import { asyncApi } from '../../../topology/derive/asyncapi.ts';
import { orderFlow } from '../../../topology/order-flow.ts';
import { topicsOf } from '../../../topology/topics.ts';

type Json = { [key: string]: Json };
const document = parse(asyncApi(orderFlow)) as Json;

/** What a reference points to; undefined where it points nowhere. */
const resolve = (ref: string): Json | undefined =>
  ref
    .replace('#/', '')
    .split('/')
    .reduce<Json | undefined>((at, key) => at?.[key], document);

const refOf = (value: Json): string => value['$ref'] as unknown as string;

function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => (key === '$ref' ? [part as string] : references(part)));
}

test('has a channel and an operation for each public topic', () => {
  const topics = topicsOf(orderFlow)
    .filter(({ visibility }) => visibility === 'public')
    .map(({ name }) => name);
  const channels = Object.values(document['channels']!);
  expect(channels.map(({ address }) => address)).toEqual(topics);
  expect(Object.values(document['operations']!).map(({ channel }) => resolve(refOf(channel!))?.['address'])).toEqual(
    topics,
  );
});

test('commands are received, all events are sent', () => {
  const actions = Object.entries(document['operations']!).map(([name, { action }]) => `${action} ${name}`);
  expect(actions).toEqual(['receive receiveOrderCommand', ...EVENT_TYPES.map((type) => `send send${type}`)]);
});

test('every reference leads somewhere', () => {
  const found = references(document);
  expect(found.length).toBeGreaterThan(100);
  expect(found.filter((ref) => resolve(ref) === undefined)).toEqual([]);
});

test('payloads with their references filled in are the schemas that are registered', () => {
  const fill = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(fill);
    if (typeof value !== 'object' || value === null) return value;
    return '$ref' in value
      ? fill(resolve(refOf(value as Json)))
      : Object.fromEntries(Object.entries(value).map(([key, part]) => [key, fill(part)]));
  };
  for (const registered of standaloneSchemas()) {
    const payload = resolve(`#/components/schemas/${registered.name}/schema`);
    expect(fill(payload)).toEqual(registered);
    expect(avro.Type.forSchema(fill(payload) as avro.Schema).name).toBe(`iaros.orders.${registered.name}`);
  }
});

test('messages state how to find key and schema', () => {
  for (const message of Object.values(document['components']!['messages']!)) {
    expect(message['bindings']!['kafka']).toMatchObject({
      key: { type: 'string' },
      schemaIdLocation: 'payload',
      schemaLookupStrategy: 'TopicNameStrategy',
    });
  }
});
