import { expect, test } from 'vitest';
import { LuaScripts } from './lua.ts';
import { ReplyError, RedisStore } from './store.ts';

const scripts = new LuaScripts();
const run = (script: string, keys: string[] = [], args: string[] = []) => scripts.run(new RedisStore(() => 0), script, keys, args);

test('bytes pass through a script as they are', () => {
  const bytes = Buffer.from([0, 255, 128, 10, 13]).toString('latin1');
  expect(run("redis.call('SET', KEYS[1], ARGV[1]); return redis.call('GET', KEYS[1])", ['k'], [bytes])).toBe(bytes);
});

test('replies follow the rules of Redis', () => {
  expect(run('return 3.7')).toBe(3);
  expect(run('return false')).toBeNull();
  expect(run("return { 'a', 2, { 'b' }, nil, 'c' }")).toEqual(['a', 2, ['b']]);
  expect(run("return redis.call('GET', KEYS[1])", ['missing'])).toBeNull();
});

test('an error reply and a wrong call are errors of the command', () => {
  expect(() => run("return redis.error_reply('STATELOST')")).toThrow(new ReplyError('STATELOST'));
  expect(() => run("return redis.call('NOPE', 'k')")).toThrow('unknown command');
  expect(() => run("redis.call('SET', KEYS[1], 'text'); return redis.call('HGET', KEYS[1], 'f')", ['k'])).toThrow('WRONGTYPE');
});

test('keys end at the time of the clock that was given', () => {
  let now = 0;
  const store = new RedisStore(() => now);
  scripts.run(store, "redis.call('SET', KEYS[1], 'v'); redis.call('PEXPIRE', KEYS[1], 100); return 1", ['k'], []);
  now = 99;
  expect(store.run('GET', ['k'])).toBe('v');
  now = 100;
  expect(store.run('GET', ['k'])).toBeNull();
});
