import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TransientFault } from '../../../connectors/ports/transient-fault.ts';
import { openRig, type Rig } from '../rig.ts';

const PATH = '/api/v1/inventory/availability?date=2026-12-24';
let rig: Rig;
let socket: Socket;
let received: string;

beforeEach(async () => {
  rig = await openRig();
  ({ socket } = await dial());
});
afterEach(async () => {
  socket.destroy();
  await rig.close();
});

async function dial() {
  const opened = connect({ port: Number(new URL(rig.base).port), host: '127.0.0.1' });
  received = '';
  opened.setEncoding('latin1').on('data', (text) => (received += text));
  opened.on('error', () => {});
  await once(opened, 'connect');
  return { socket: opened };
}

const request = (path: string, fields: Record<string, string> = {}): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;

/** Answers received so far, by their heads and bodies. */
function answers(): { status: number; headers: Record<string, string>; body: string }[] {
  const found = [];
  let rest = received;
  while (rest.includes('\r\n\r\n')) {
    const head = rest.slice(0, rest.indexOf('\r\n\r\n'));
    const [line = '', ...fields] = head.split('\r\n');
    const headers = Object.fromEntries(fields.map((field) => [field.slice(0, field.indexOf(':')).toLowerCase(), field.slice(field.indexOf(':') + 2)]));
    const status = Number(line.split(' ')[1]);
    const length = status === 304 ? 0 : Number(headers['content-length'] ?? 0);
    const body = rest.slice(head.length + 4, head.length + 4 + length);
    if (body.length < length) break;
    found.push({ status, headers, body });
    rest = rest.slice(head.length + 4 + length);
  }
  return found;
}

async function answersTo(text: string, count: number) {
  socket.write(text, 'latin1');
  await expect.poll(() => answers().length, { interval: 5, timeout: 5_000 }).toBe(count);
  return answers();
}

const flightsOf = (body: string): string[] => JSON.parse(body).data.map(({ flightNumber }: { flightNumber: string }) => flightNumber);

describe('a connection of look-ups', () => {
  it('answers many requests that come together, in their order', async () => {
    const paths = ['&flightNumber=IA101', '&flightNumber=IA902', '&destination=CDG', '', '&flightNumber=IA101'];
    const found = await answersTo(paths.map((path) => request(PATH + path)).join(''), 5);
    expect(found.map(({ status, body }) => [status, flightsOf(body)])).toEqual([
      [200, ['IA101']], [200, ['IA902']], [200, ['IA102']], [200, ['IA101', 'IA102', 'IA902']], [200, ['IA101']],
    ]);
  });

  it('answers what express answers, byte for byte but for id and date', async () => {
    const strip = ({ status, headers, body }: ReturnType<typeof answers>[number]) => {
      const { 'x-request-id': _id, date: _date, connection: _connection, 'keep-alive': _keepAlive, ...others } = headers;
      return { status, others, body };
    };
    const fast = (await answersTo(request(PATH), 1)).map(strip);
    received = '';
    // A field that only the HTTP server judges.
    const full = (await answersTo(request(PATH, { range: 'bytes=0-1' }), 1)).map(strip);
    expect(fast).toEqual(full);
    expect(full[0]?.others).toMatchObject({ 'content-security-policy': expect.any(String), etag: expect.any(String) });
  });

  it('keeps the request id of the caller, and makes one where there is none', async () => {
    const [own, made, wrong] = await answersTo(request(PATH, { 'X-Request-Id': 'till-7-000001' }) + request(PATH) + request(PATH, { 'x-request-id': 'no' }), 3);
    expect(own?.headers['x-request-id']).toBe('till-7-000001');
    expect(made?.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(wrong?.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(made?.headers['x-request-id']).not.toBe(wrong?.headers['x-request-id']);
  });

  it('answers 304 to the entity tag that it gave', async () => {
    const [first] = await answersTo(request(PATH), 1);
    const found = await answersTo(request(PATH, { 'If-None-Match': `"other", W/${first?.headers.etag}` }) + request(PATH, { 'If-None-Match': '"other"' }), 3);
    expect(found.map(({ status }) => status)).toEqual([200, 304, 200]);
  });

  it('counts its requests like all others', async () => {
    await answersTo(request(PATH) + request(PATH) + request(PATH, { 'If-None-Match': '*' }), 3);
    const text = await rig.deps.metrics.metrics();
    const line = (status: number) => `iaros_http_request_seconds_count{route="/api/v1/inventory/availability",method="GET",status="${status}"}`;
    expect(text).toContain(`${line(200)} 2`);
    expect(text).toContain(`${line(304)} 1`);
  });

  it('takes requests in pieces of any size', async () => {
    const text = request(`${PATH}&flightNumber=IA101`) + request(`${PATH}&flightNumber=IA102`);
    for (const piece of text.match(/[\s\S]{1,7}/g) ?? []) {
      socket.write(piece, 'latin1');
      await sleep(1);
    }
    expect((await answersTo('', 2)).map(({ body }) => flightsOf(body))).toEqual([['IA101'], ['IA102']]);
  });

  it('goes on as any other connection with the first request that is something else', async () => {
    const order = '{"channel":"fax"}';
    const post = `POST /api/v1/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${order.length}\r\n\r\n${order}`;
    const text = request(PATH) + post + request(PATH) + request('/health/live') + request(`${PATH}&seats=2`) + request(PATH);
    const found = await answersTo(text, 6);
    expect(found.map(({ status }) => status)).toEqual([200, 400, 200, 200, 400, 200]);
    expect((await answersTo(request('/absent') + request(PATH), 8)).slice(6).map(({ status }) => status)).toEqual([404, 200]);
  });

  it.each([
    ['a body', `GET ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc`, 200],
    ['a body in chunks', `GET ${PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 200],
    ['no host', `GET ${PATH} HTTP/1.1\r\nAccept: */*\r\n\r\n`, 400],
    ['two hosts', `GET ${PATH} HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n`, 200],
    ['a folded field', `GET ${PATH} HTTP/1.1\r\nHost: x\r\nAccept: a\r\n b\r\n\r\n`, 400],
    ['a space before the colon', `GET ${PATH} HTTP/1.1\r\nHost: x\r\nAccept : a\r\n\r\n`, 400],
    ['a bare line feed in a field', `GET ${PATH} HTTP/1.1\r\nHost: x\nAccept: a\r\n\r\n`, 400],
    ['a control character', `GET ${PATH} HTTP/1.1\r\nHost: x\r\nAccept: a\u0000b\r\n\r\n`, 400],
    ['another version', `GET ${PATH} HTTP/1.0\r\nHost: x\r\n\r\n`, 200],
    ['a wish to close', `GET ${PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`, 200],
    ['no HTTP at all', 'hello there\r\n\r\n', 400],
    ['a fault in the query', request('/api/v1/inventory/availability?date=tomorrow'), 400],
    ['no query', request('/api/v1/inventory/availability'), 400],
    ['a date given twice', request(`${PATH}&date=2026-12-25`), 400],
    ['an encoded date', request('/api/v1/inventory/availability?date=2026%2D12%2D24'), 200],
    ['another method', request(PATH).replace('GET', 'HEAD'), 200],
    ['a very long query', request(`${PATH}&origin=${'A'.repeat(9_000)}`), 400],
  ])('leaves %s to the HTTP server', async (_what, text, status) => {
    socket.write(text, 'latin1');
    await expect.poll(() => received, { interval: 5, timeout: 5_000 }).toMatch(/^HTTP\/1\.1 (\d{3})[\s\S]*\r\n\r\n/);
    expect(Number(received.slice(9, 12))).toBe(status);
  });

  it('answers 503 while the seats cannot be read, and goes on', async () => {
    rig.faults.counts = new TransientFault('STATELOST');
    const [refused] = await answersTo(request(PATH), 1);
    expect([refused?.status, refused?.headers['content-type']]).toEqual([503, 'application/problem+json']);
    rig.faults.counts = null;
    expect((await answersTo(request(PATH), 2))[1]?.status).toBe(200);
  });

  it('waits for a reader that is slower than its requests', async () => {
    socket.pause();
    const requests = 4_000;
    socket.write(request(PATH).repeat(requests), 'latin1');
    await sleep(100);
    const before = await rig.deps.metrics.getSingleMetricAsString('iaros_http_request_seconds');
    const answered = Number(/_count\{[^}]*\} (\d+)/.exec(before)?.[1] ?? 0);
    expect(answered).toBeLessThan(requests);
    socket.resume();
    await expect.poll(() => received.split('HTTP/1.1 200').length - 1, { timeout: 10_000 }).toBe(requests);
  });

  it('ends when the process shuts down, and answers what comes on new ones', async () => {
    await answersTo(request(PATH), 1);
    rig.lookups.close();
    await once(socket, 'close');
    ({ socket } = await dial());
    expect((await answersTo(request(PATH), 1))[0]?.status).toBe(200);
  });

  it('ends with the caller', async () => {
    await answersTo(request(PATH), 1);
    socket.end();
    await once(socket, 'close');
    expect(answers()).toHaveLength(1);
  });
});
