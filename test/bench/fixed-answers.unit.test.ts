import { expect, test } from 'vitest';
import { fixedAnswer, startFixedAnswers } from './fixed-answers.ts';
import { runLookups } from './lookup-load.ts';

test.each([3_000, 1_020])('an answer of %i bytes is as long as that, head and body', (bytes) => {
  const answer = fixedAnswer(bytes);
  expect(answer).toHaveLength(bytes);
  const [head = '', body = ''] = answer.toString('latin1').split('\r\n\r\n');
  expect(head.startsWith('HTTP/1.1 200 OK\r\n')).toBe(true);
  expect(Number(/^Content-Length: (\d+)$/m.exec(head)?.[1])).toBe(body.length);
});

test('every look-up of the load gets one', async () => {
  const server = await startFixedAnswers(500);
  const measured = await runLookups({ url: server.url, ratePerSecond: 200, seconds: 0.2, connections: 2, together: 4, warmUpSeconds: 0 });
  await server.stop();
  expect(measured).toMatchObject({ answered: 40, failed: 0, bytesEach: 500 });
});
