import { expect, it } from 'vitest';
import { createLog, type Log } from '../../../topology/runtime/log.ts';

function written(write: (log: Log) => void, level = 'info'): Record<string, unknown>[] {
  const lines: string[] = [];
  write(
    createLog('ticket', level, {
      write: (line) => {
        lines.push(line);
      },
    }),
  );
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

it('writes service, level, ISO time and fields', () => {
  const [line] = written((log) => log.info({ orderId: 'o-1', version: 3 }, 'stepped'));
  expect(line).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    service: 'ticket',
    orderId: 'o-1',
    version: 3,
    msg: 'stepped',
  });
});

it('leaves out what is below its level', () => {
  expect(written((log) => log.info('quiet'), 'warn')).toEqual([]);
});

it('withholds personal data, secrets and orders however deep they lie', () => {
  const person = {
    email: 'ada@example.com',
    phone: '+44',
    givenName: 'Ada',
    familyName: 'Lovelace',
    dateOfBirth: '1985-12-10',
    token: 'tok_visa',
  };
  const [line] = written((log) =>
    log.info({
      event: { order: { customer: person } },
      list: [{ deep: person }],
      headers: { Authorization: 'Bearer abc' },
    }),
  );
  expect(JSON.stringify(line)).not.toMatch(/ada@|\+44|Ada|Lovelace|1985|tok_visa|abc/);
  expect(line).toMatchObject({ event: { order: '[withheld]' }, headers: { Authorization: '[withheld]' } });
});

it('withholds them in what a child, and its child, carries along', () => {
  const lines = written((log) =>
    log.child({ node: 'n', email: 'ada@example.com' }).child({ identity: 'Ada' }).warn('x'),
  );
  expect(lines).toEqual([
    expect.objectContaining({
      level: 'warn',
      service: 'ticket',
      node: 'n',
      email: '[withheld]',
      identity: '[withheld]',
    }),
  ]);
});

it('cuts credentials out of addresses', () => {
  const [line] = written((log) => log.info({ databaseUrl: 'postgresql://user:pass@db:5432/x' }));
  expect(line).toMatchObject({ databaseUrl: 'postgresql://db:5432/x' });
});

it('writes of an error its type, message, code, stack and cause, and nothing else it carries', () => {
  const cause = new RangeError('at redis://user:pass@host');
  const error = Object.assign(new TypeError('boom', { cause }), {
    code: '23505',
    detail: 'Key (email)=(ada@example.com)',
  });
  for (const [line] of [written((log) => log.error({ err: error })), written((log) => log.error(error))]) {
    expect(line?.['err']).toEqual({
      type: 'TypeError',
      message: 'boom',
      code: '23505',
      stack: expect.stringContaining('TypeError: boom'),
      cause: { type: 'RangeError', message: 'at redis://host', stack: expect.any(String) },
    });
    expect(JSON.stringify(line)).not.toContain('ada@example.com');
  }
});
