import { describe, expect, it } from 'vitest';
import { troubleOf, Troubles, troubleText } from './troubles.js';

describe('what Redis refuses', () => {
  it.each([
    ["READONLY You can't write against a read only replica.", 'READONLY', 'name the primary'],
    ['NOPERM this user has no permissions', 'NOPERM', 'keygen --redis-acl'],
    ['WRONGPASS invalid username-password pair', 'WRONGPASS', 'correct REDIS_URL'],
    ['ERR invalid password', 'WRONGPASS', 'correct REDIS_URL'],
    ['NOAUTH Authentication required.', 'NOAUTH', 'put them into REDIS_URL'],
    ["OOM command not allowed when used memory > 'maxmemory'.", 'OOM', 'raise maxmemory'],
    ['MISCONF Redis is configured to save RDB snapshots', 'MISCONF', 'make room'],
    ['LOADING Redis is loading the dataset in memory', 'LOADING', 'wait until'],
    ['MASTERDOWN Link with MASTER is down', 'MASTERDOWN', 'name the primary'],
    ['CLUSTERDOWN The cluster is down', 'CLUSTERDOWN', 'bring back'],
    ['MOVED 3999 127.0.0.1:6381', 'MOVED', 'use a Redis that is none'],
    ['ERR max number of clients reached', 'max-clients', 'raise maxclients'],
    ['ERR DB index is out of range', 'no-database', 'change REDIS_URL'],
    ['NOREPLICAS Not enough good replicas to write.', 'NOREPLICAS', 'min-replicas-to-write'],
    ['BUSY Redis is busy running a script.', 'BUSY', 'SCRIPT KILL'],
  ])('F5: %s', (message, code, advice) => {
    expect(troubleOf(new Error(message))).toMatchObject({
      code,
      text: expect.stringContaining(advice) as unknown,
    });
  });

  it('F5, sibling: is found in a transaction that was refused for it', () => {
    const error = Object.assign(new Error('EXECABORT Transaction discarded'), {
      previousErrors: [new Error('OOM command not allowed')],
    });
    expect(troubleOf(error)?.code).toBe('OOM');
  });

  it.each(['connect ECONNREFUSED 127.0.0.1:6379', 'Connection is closed.', 'constructor x', ''])(
    'is not %j, which is Redis being away',
    (message) => {
      expect(troubleOf(new Error(message))).toBeUndefined();
    },
  );

  it('is one line, whatever Redis writes into it', () => {
    const trouble = troubleOf(new Error(`NOPERM a\r\nb\u001b[31m${'x'.repeat(1000)}`));
    expect(trouble?.text).toMatch(/^NOPERM a b \[31mx+: its user/);
    expect(trouble?.text.length).toBeLessThan(400);
  });

  it('is told once for all that it keeps from happening, and once when the last of it is over', () => {
    const troubles = new Troubles();
    const lines: string[] = [];
    troubles.onChange((change) => lines.push(troubleText(change).slice(0, 20)));
    const refusal = new Error('NOPERM this user');
    for (const action of ['publish', 'lease', 'publish']) troubles.failed(action, refusal);
    troubles.failed('publish', new Error('Connection is closed.'));
    troubles.over('lease');
    expect(troubles.reason).toMatch(/^Redis: NOPERM/);
    troubles.failed('publish', new Error('OOM command not allowed'));
    troubles.over('publish');
    troubles.over('publish');
    expect(lines).toEqual([
      'Redis: NOPERM this u',
      'Redis: NOPERM is ove',
      'Redis: OOM command n',
      'Redis: OOM is over, ',
    ]);
    expect(troubles.any).toBe(false);
  });
});
