import type { z } from 'zod';
import type { RequestFault } from './problem.ts';

const MAX_FAULTS = 500;
const MAX_MEMBER_NAME = 64;

/**
 * A schema's issues as faults, one each, by JSON Pointer under `base`. Says what was expected and never what was sent.
 */
export function faultsOf(error: z.ZodError, input: unknown, base = ''): RequestFault[] {
  return error.issues.flatMap((issue) => faultsOfIssue(issue, input, base));
}

/** As many faults as one answer lists. */
export const listed = (faults: readonly RequestFault[]): RequestFault[] => faults.slice(0, MAX_FAULTS);

function faultsOfIssue(issue: z.core.$ZodIssue, input: unknown, base: string): RequestFault[] {
  const pointer = base + pointerTo(issue.path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        pointer: `${pointer}${pointerTo([key])}`,
        code: 'unknown_field',
        detail: 'There is no such field.',
      }));
    case 'invalid_type':
      if (valueAt(input, issue.path) === undefined)
        return [{ pointer, code: 'required', detail: `Required: ${issue.expected}.` }];
      return [{ pointer, code: 'invalid_type', detail: `Must be of type ${issue.expected}.` }];
    case 'invalid_value':
      return [
        missingOr(input, issue.path, { pointer, code: 'not_allowed', detail: `One of: ${issue.values.join(', ')}.` }),
      ];
    case 'invalid_union':
      return [
        missingOr(input, issue.path, { pointer, code: 'not_allowed', detail: 'None of the forms allowed here.' }),
      ];
    case 'too_small':
      return [{ pointer, code: 'too_small', detail: `At least ${issue.minimum}.` }];
    case 'too_big':
      return [{ pointer, code: 'too_big', detail: `At most ${issue.maximum}.` }];
    case 'invalid_format':
      return [{ pointer, code: 'invalid_format', detail: formatOf(issue) }];
    case 'custom':
      return [
        {
          pointer,
          code: typeof issue.params?.code === 'string' ? issue.params.code : 'invalid',
          detail: issue.message,
        },
      ];
    default:
      return [{ pointer, code: 'invalid', detail: 'Not valid.' }];
  }
}

function missingOr(input: unknown, path: readonly PropertyKey[], fault: RequestFault): RequestFault {
  return valueAt(input, path) === undefined
    ? { ...fault, code: 'required', detail: `Required. ${fault.detail}` }
    : fault;
}

function formatOf(issue: z.core.$ZodIssueInvalidStringFormat): string {
  return issue.format === 'regex' && issue.pattern
    ? `Must match ${issue.pattern}.`
    : `Must be a valid ${issue.format}.`;
}

function pointerTo(path: readonly PropertyKey[]): string {
  return path
    .map((member) => `/${String(member).slice(0, MAX_MEMBER_NAME).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const member of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, member)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[member];
  }
  return value;
}
