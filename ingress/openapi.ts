import { z } from 'zod';
import type { DocumentedAnswer, Endpoint } from './endpoint.ts';
import { PROBLEMS, type ProblemCode } from './problem.ts';

type Json = Record<string, unknown>;

export const OPENAPI_PATH = '/api/openapi.json';

const ProblemDocument = z
  .object({
    type: z.string().meta({ description: 'Path of a page that explains the code.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
    requestId: z.string().meta({ description: 'Also in the header x-request-id.' }),
    retryable: z.boolean(),
    errors: z.array(
      z.object({
        pointer: z
          .string()
          .meta({ description: 'JSON Pointer into the body; /query/… and /headers/… for parameters.' }),
        code: z.string(),
        detail: z.string(),
      }),
    ),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });

/** The OpenAPI 3.1 document of the endpoints. Pure: the same endpoints give the same document. */
export function openapiDocument(endpoints: readonly Endpoint[]): Json {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  for (const endpoint of endpoints) {
    const path = templateOf(endpoint.path);
    paths[path] = { ...paths[path], [endpoint.method]: operationOf(endpoint, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'IAROS Orders',
      version: '1',
      description:
        'Orders of an airline. Money is in minor units of an ISO 4217 currency; times are RFC 3339 in UTC; errors are RFC 9457 problem documents.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(endpoints.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: { schemas },
  };
}

/** `/orders/:orderId` as `/orders/{orderId}`. */
export const templateOf = (path: string): string => path.replace(/:(\w+)/g, '{$1}');

function operationOf(endpoint: Endpoint, schemas: Json): Json {
  const { operationId, tag, summary, body } = endpoint;
  return {
    operationId,
    tags: [tag],
    summary,
    parameters: parametersOf(endpoint, schemas),
    ...(body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: schemaOf(body.schema, 'input', schemas), example: body.example } },
      },
    }),
    responses: {
      ...answersOf(endpoint.answers, schemas),
      ...problemsOf(endpoint.problems, schemas, Object.keys(endpoint.answers)),
    },
  };
}

function parametersOf({ params, query, requestHeaders }: Endpoint, schemas: Json): Json[] {
  return [
    ...membersOf(params, schemas).map(([name, schema]) => ({ name, in: 'path', required: true, schema })),
    ...membersOf(query, schemas).map(([name, schema, required]) => ({ name, in: 'query', required, schema })),
    ...Object.entries(requestHeaders ?? {}).map(([name, description]) => ({
      name,
      in: 'header',
      required: false,
      description,
      schema: { type: 'string' },
    })),
  ];
}

function membersOf(schema: z.ZodType | undefined, schemas: Json): [name: string, schema: Json, required: boolean][] {
  if (!schema) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input', schemas) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, member]) => [name, member, required.includes(name)]);
}

function answersOf(answers: Endpoint['answers'], schemas: Json): Json {
  return Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answerOf(answer, schemas)]));
}

function answerOf(
  { description, schema, contentType = 'application/json', headers }: DocumentedAnswer,
  schemas: Json,
): Json {
  return {
    description,
    ...(headers && {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, text]) => [name, { description: text, schema: { type: 'string' } }]),
      ),
    }),
    ...(schema && { content: { [contentType]: { schema: schemaOf(schema, 'output', schemas) } } }),
  };
}

/** Problems by status; every endpoint may also fail with `internal`. A status with an answer of its own keeps it. */
function problemsOf(codes: readonly ProblemCode[], schemas: Json, taken: readonly string[]): Json {
  const schema = schemaOf(ProblemDocument, 'output', schemas);
  const byStatus = new Map<string, ProblemCode[]>();
  for (const code of [...codes, 'internal' as const]) {
    const status = String(PROBLEMS[code].status);
    if (!taken.includes(status)) byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, each]) => [
      status,
      {
        description: each.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' '),
        content: { 'application/problem+json': { schema } },
      },
    ]),
  );
}

/** JSON Schema of a zod schema; parts with an id move to the components and are referred to. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const {
    $schema: _draft,
    $defs = {},
    ...own
  } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json & { $defs?: Record<string, Json> };
  for (const [id, part] of Object.entries($defs)) schemas[id] = withComponentRefs(withoutId(part));
  if (typeof own.id !== 'string') return withComponentRefs(own) as Json;
  schemas[own.id] = withComponentRefs(withoutId(own));
  return { $ref: `#/components/schemas/${own.id}` };
}

const withoutId = ({ id: _id, ...schema }: Json): Json => schema;

function withComponentRefs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withComponentRefs);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      name === '$ref' && typeof member === 'string'
        ? member.replace('#/$defs/', '#/components/schemas/')
        : withComponentRefs(member),
    ]),
  );
}
