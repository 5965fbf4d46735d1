import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { Answer } from './answer.ts';
import type { Ingress } from './dependencies.ts';
import type { ProblemCode, RequestFault } from './problem.ts';

/** A request whose parts have passed the endpoint's schemas. */
export interface Call<Params, Query, Body> {
  request: Request;
  response: Response;
  requestId: string;
  params: Params;
  query: Query;
  body: Body;
}

export interface DocumentedAnswer {
  description: string;
  schema?: z.ZodType;
  /** Default application/json. */
  contentType?: string;
  headers?: Readonly<Record<string, string>>;
}

/** One route with all that serving and documenting it needs; the OpenAPI document is made from these values alone. */
export interface Endpoint<Params = unknown, Query = unknown, Body = unknown> {
  method: 'get' | 'post' | 'delete';
  /** In express form, `/api/v1/orders/:orderId`; also the metric label. */
  path: string;
  operationId: string;
  tag: 'orders' | 'payments' | 'inventory' | 'operations';
  summary: string;
  params?: z.ZodType<Params>;
  /** What to answer when the path parameters do not fit: such a thing cannot exist. */
  paramsProblem?: ProblemCode;
  query?: z.ZodType<Query>;
  /** Request headers it heeds, with what they do. */
  requestHeaders?: Readonly<Record<string, string>>;
  body?: {
    schema: z.ZodType<Body>;
    problem: ProblemCode;
    example: unknown;
    /** Faults the schema cannot state, found in a body of any shape. */
    furtherFaults?: (body: unknown, ingress: Ingress) => RequestFault[];
  };
  answers: Readonly<Record<number, DocumentedAnswer>>;
  problems: readonly ProblemCode[];
  /** Answers as a value, or writes the response itself and returns null. */
  handle(ingress: Ingress, call: Call<Params, Query, Body>): Promise<Answer | null> | Answer | null;
}

/** The same endpoint at a second path, for those who look for it there. */
export const alsoAt = (path: string, operationId: string, declared: Endpoint): Endpoint => ({
  ...declared,
  path,
  operationId,
});

/** Ties a handler to its schemas, and hides their types from those who only serve or document it. */
export function endpoint<Params, Query, Body>(declared: Endpoint<Params, Query, Body>): Endpoint {
  return declared as unknown as Endpoint;
}
