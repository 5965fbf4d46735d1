import { describe, expect, it } from 'vitest';
import { TransientFault } from '../../connectors/ports/transient-fault.ts';
import { redisFault } from '../../connectors/redis-fault.ts';

const reply = (message: string): Error => Object.assign(new Error(message), { name: 'ReplyError' });

describe('Redis faults', () => {
  it('pass when Redis is away, loading, full or without its content', () => {
    const passing = [
      new Error('Connection is closed.'),
      reply('LOADING Redis is loading the dataset in memory'),
      reply('OOM command not allowed'),
      reply('READONLY You cannot write'),
      reply('STATELOST'),
      reply("OOM command not allowed when used memory > 'maxmemory'. script: 1f8f4cfb, on @user_script:1."),
      reply("ERR Error running script (call to f_1f8f4cfb): @user_script:1: @user_script: 1: -OOM command not allowed when used memory > 'maxmemory'."),
      reply('ERR Error running script (call to f_1f8f4cfb): @user_script:1: @user_script: 1: -NOREPLICAS Not enough good replicas to write.'),
    ];
    for (const error of passing) expect(redisFault(error)).toBeInstanceOf(TransientFault);
    expect(redisFault(reply('ERR STATELOST'))).toMatchObject({ message: 'STATELOST' });
  });

  it('do not pass when the call itself is wrong', () => {
    const wrong = reply('WRONGTYPE Operation against a key holding the wrong kind of value');
    expect(redisFault(wrong)).toBe(wrong);
    const mistaken = reply("ERR Error running script (call to f_1f8f4cfb): @user_script:1: user_script:1: attempt to call field 'cal' (a nil value)");
    expect(redisFault(mistaken)).toBe(mistaken);
    expect(redisFault('no error')).toBe('no error');
  });
});
