import fc from 'fast-check';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { RedisConnection } from './redis-connection.js';
import { redisUrlProblem, RedisUrl } from './redis-url.js';

describe('a URL of Redis', () => {
  it.each([
    ['redis://host', { tls: false, host: 'host', port: 6379, database: 0 }],
    ['redis://host:', { port: 6379 }],
    ['redis://host/', { database: 0 }],
    ['REDISS://Host:1/15', { tls: true, host: 'host', port: 1, database: 15 }],
    ['redis://[::1]:7000', { host: '::1', port: 7000, isLoopback: true }],
    ['redis://127.0.0.1', { isLoopback: true }],
    ['redis://redis_1.internal:6380', { host: 'redis_1.internal', isLoopback: false }],
    ['redis://me:p%40ss%25%2F%3F%23@host', { user: 'me', password: 'p@ss%/?#' }],
    ['redis://:secret@host', { user: undefined, password: 'secret' }],
  ])('I1: %s is understood', (text, parts) => {
    expect(new RedisUrl(text)).toMatchObject(parts);
  });

  it.each([
    [' redis://host', 'white space'],
    ['redis://ho\tst', 'white space'],
    ['redis://host\u0000', 'white space'],
    ['host:6379', 'does not start with redis:// or rediss://'],
    ['http://host', 'does not start with redis:// or rediss://'],
    ['redis:host', 'does not start with redis:// or rediss://'],
    ['redis-sentinel://host', 'does not start with redis:// or rediss://'],
    ['redis://', 'names no host'],
    ['redis://me:secret@', 'cannot be read'],
    ['redis://me:secret', 'cannot be read'],
    ['redis://host:99999', 'cannot be read'],
    ['redis://host:0', 'port 0'],
    ['redis://host:12/34@real', 'no database number'],
    ['redis://me:12#34@host', 'has a fragment'],
    ['redis://me:12?34@host', 'has query parameters'],
    ['redis://host?db=1', 'has query parameters'],
    ['redis://me:100%@host', 'a % in its user or password'],
    ['redis://host/prod', 'no database number'],
    ['redis://host/01', 'no database number'],
    ['redis://host/-1', 'no database number'],
    ['redis://h%6fst', 'host that is none'],
    ['redis://h\u00f6st', 'host that is none'],
    ['redis://[::1', 'cannot be read'],
    ['unix:///run/redis.sock', 'Unix socket'],
    ['redis+unix:///run/redis.sock', 'Unix socket'],
    ['/run/redis.sock', 'Unix socket'],
    ['', 'does not start'],
  ])('D1: %j is refused, in words', (text, problem) => {
    expect(redisUrlProblem(text)).toContain(problem);
    expect(redisUrlProblem(text)).toContain('allowed: redis://[user:password@]host');
  });

  it('I1, sibling: has one spelling, which means the same', () => {
    const text = 'REDISS://me:p%40ss@HOST/3';
    const { href } = new RedisUrl(text);
    expect(href).toBe('rediss://me:p%40ss@host:6379/3');
    expect(new RedisUrl(href)).toMatchObject({ user: 'me', password: 'p@ss', database: 3 });
  });
});

const SECRET = 'S3CR3T';

/** URLs that are right or nearly so, with a secret where a password is, or was meant to be. */
const URLS: fc.Arbitrary<string> = fc
  .record({
    scheme: fc.constantFrom(
      'redis://',
      'rediss://',
      'REDISS://',
      ' redis://',
      'http://',
      'redis:',
      '',
    ),
    user: fc.constantFrom('', 'me', 'me%', 'a b'),
    between: fc.constantFrom(
      ':',
      ':%',
      ':#',
      ':/',
      ':?',
      ':12#',
      ':12/',
      ':12?',
      ':@',
      ':\t',
      ':[',
      ':\\',
    ),
    after: fc.constantFrom('@', '', '%@', '@@', '/@', '#@', ' @', '%zz@'),
    place: fc.constantFrom('127.0.0.1:1', 'host:x', '[::1]:1', '', 'host:99999', '/run/redis.sock'),
    rest: fc.constantFrom('', '/', '/99', '/prod', '?x=1', '#y', '/1/2'),
  })
  .map(({ scheme, user, between, after, place, rest }) =>
    [scheme, user, between, SECRET, after, place, rest].join(''),
  );

describe('a secret in a URL', () => {
  it('I1: is in no message, whatever is wrong with the URL', async () => {
    await fc.assert(
      fc.asyncProperty(URLS, async (text) => {
        expect(await outputsFor(text)).not.toContain(SECRET);
      }),
      { numRuns: 300 },
    );
  });
});

/** Everything that can come of a URL: what is printed of it, and of failures, with their causes. */
async function outputsFor(text: string): Promise<string> {
  const outputs: string[] = [];
  try {
    const url = new RedisUrl(text);
    outputs.push(url.shown, String(url), JSON.stringify({ url }), inspect({ url }, { depth: 9 }));
    const made = new RedisConnection({ url: text, name: 'ccro:spec', connectTimeoutMs: 30 });
    await made.open().catch((error: unknown) => outputs.push(inspect(error, { depth: 9 })));
    await made.close();
  } catch (error) {
    outputs.push(inspect(error, { depth: 9 }));
  }
  return outputs.join('\n');
}
