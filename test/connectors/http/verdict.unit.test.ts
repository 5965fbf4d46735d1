import { describe, expect, it } from 'vitest';
import { retryAfter } from '../../../connectors/http/retry-after.ts';
import { codeOf, faultOf } from '../../../connectors/http/verdict.ts';
import { TransientFault } from '../../../connectors/ports/transient-fault.ts';

describe('verdict on an answer that is no plain yes or no', () => {
  it.each([200, 204, 301, 408, 409, 425, 429, 500, 502, 503, 504])('%d may be tried again', (status) => {
    expect(faultOf('bank', { status, body: undefined })).toBeInstanceOf(TransientFault);
  });

  it.each([400, 401, 403, 404, 405, 410, 413, 422])('%d can never succeed; the error names the code', (status) => {
    const fault = faultOf('bank', { status, body: { error: { code: 'no_such_thing' } } });
    expect(fault).not.toBeInstanceOf(TransientFault);
    expect(fault.message).toBe(`bank answered ${status} no_such_thing`);
  });

  it('passes on how long to wait', () => {
    expect(faultOf('bank', { status: 429, body: undefined, retryAfterMs: 250 })).toMatchObject({ retryAfterMs: 250 });
  });

  it.each([
    undefined,
    null,
    'text',
    {},
    { error: 'text' },
    { error: { code: 4 } },
    { error: { code: 'Ada Lovelace' } },
  ])('takes no code from %j', (body) => {
    expect(codeOf(body)).toBeUndefined();
  });
});

describe('retry-after', () => {
  const NOW = Date.UTC(2026, 0, 1);
  it.each<[Record<string, string>, number | undefined]>([
    [{ 'retry-after': '2' }, 2_000],
    [{ 'retry-after': '2', 'retry-after-ms': '150' }, 150],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:03 GMT' }, 3_000],
    [{ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after-ms': '-5' }, undefined],
    [{}, undefined],
  ])('%j means %j ms', (headers, ms) => {
    expect(retryAfter(headers, NOW)).toBe(ms);
  });
});
