import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Caller } from './caller.js';
import { History } from './history.js';
import type { Question } from './question.js';

/** What a gateway does with one call: answers, or breaks the connection. */
type Reaction = readonly [status: number, body: unknown] | 'breaks';

interface Heard {
  readonly line: string;
  readonly key: string | undefined;
  readonly prefer: string | undefined;
}

/** A gateway that reacts as it is told, one call after another. @returns its URL, what it heard */
async function scriptedGateway(
  ...reactions: readonly Reaction[]
): Promise<{ readonly url: string; readonly heard: readonly Heard[] }> {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    const reaction = reactions[heard.length] ?? [500, {}];
    heard.push(heardFrom(request));
    if (reaction === 'breaks') {
      request.socket.destroy();
      return;
    }
    const [status, body] = reaction;
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}

function heardFrom({ method, url, headers }: IncomingMessage): Heard {
  const key = headers['idempotency-key'];
  const prefer = headers['prefer'];
  return {
    line: `${method} ${url}`,
    key: Array.isArray(key) ? key[0] : key,
    prefer: Array.isArray(prefer) ? prefer[0] : prefer,
  };
}

function callerOf(...urls: readonly string[]): { caller: Caller; history: History } {
  const history = new History(() => performance.now());
  return { caller: new Caller({ gatewayUrls: () => urls, nowMs: history.nowMs }), history };
}

const PUT: Question = { kind: 'put', key: 'k', value: 'v' };
const APPEND: Question = { kind: 'append', data: 'x' };
const never = new AbortController().signal;
const written = { id: 'g-1', sequence: 4, version: 1, previous: null };
const appended = { id: 'g-1', sequence: 4, result: { index: 1, hash: 'h' }, status: 'decided' };

describe('a patient call', () => {
  it('is sent again under the same key until it is answered', async () => {
    const { url, heard } = await scriptedGateway(
      [503, { accepted: 'no' }],
      'breaks',
      [504, { id: 'g-1' }],
      [200, written],
    );
    const { caller, history } = callerOf(url);
    const call = history.begin('c', PUT, 'key-1');
    await caller.untilAnswered(call, never);
    expect(heard.map(({ line, key }) => [line, key])).toEqual(
      Array.from({ length: 4 }, () => ['PUT /kv/k', 'key-1']),
    );
    expect(call.attempts.map(({ result }) => result)).toEqual([
      503,
      expect.stringMatching(/ECONNRESET|UND_ERR_SOCKET/),
      504,
      200,
    ]);
    expect(call).toMatchObject({
      decided: { id: 'g-1', sequence: 4, output: { kind: 'put', previous: null, version: 1 } },
      problem: undefined,
    });
    expect([...call.acceptedIds]).toEqual(['g-1']);
    expect(call.endMs).toBeGreaterThan(call.startMs);
  });

  it('goes to each gateway in turn', async () => {
    const one = await scriptedGateway([503, {}], [503, {}]);
    const other = await scriptedGateway([503, {}], [200, written]);
    const { caller, history } = callerOf(one.url, other.url);
    const call = history.begin('c', PUT, 'key-1');
    await caller.untilAnswered(call, never);
    expect(call.decided).toBeDefined();
    expect([one.heard.length, other.heard.length]).toEqual([2, 2]);
  });

  it('ends without an answer when it is given up', async () => {
    const { url } = await scriptedGateway([503, {}]);
    const { caller, history } = callerOf(url);
    const givenUp = new AbortController();
    const call = history.begin('c', PUT, 'key-1');
    const ended = caller.untilAnswered(call, givenUp.signal);
    givenUp.abort();
    await ended;
    expect(call.decided).toBeUndefined();
    expect(call.endMs).toBeDefined();
  });
});

describe('a call without a key', () => {
  it.each<[string, Reaction, string[]]>([
    ['accepted and late', [504, { id: 'g-1' }], ['g-1']],
    ['accepted, with the broker away', [503, { id: 'g-1', accepted: 'yes' }], ['g-1']],
    ['perhaps accepted', [503, { id: 'g-1', accepted: 'unknown' }], []],
    ['not accepted', [503, { accepted: 'no' }], []],
    ['cut off', 'breaks', []],
  ])('is tried once: %s', async (_, reaction, ids) => {
    const { url, heard } = await scriptedGateway(reaction);
    const { caller, history } = callerOf(url);
    const call = history.begin('c', PUT);
    await caller.once(call);
    expect(heard).toHaveLength(1);
    expect(call).toMatchObject({ decided: undefined, problem: undefined });
    expect([...call.acceptedIds]).toEqual(ids);
  });

  it('is no attempt while no gateway runs', async () => {
    const { caller, history } = callerOf();
    const call = history.begin('c', PUT);
    await caller.once(call);
    expect(call.attempts).toEqual([]);
  });

  it.each<[string, Question, Reaction]>([
    ['a conflict', PUT, [409, { id: 'g-1' }]],
    ['a failure', PUT, [500, {}]],
    ['no such path', APPEND, [404, { id: 'g-1' }]],
    ['another result than asked for', APPEND, [200, { id: 'g-1', sequence: 1, result: {} }]],
    ['no sequence', PUT, [200, { ...written, sequence: undefined }]],
  ])('has a problem when the answer is %s', async (_, question, reaction) => {
    const { url } = await scriptedGateway(reaction);
    const { caller, history } = callerOf(url);
    const call = history.begin('c', question);
    await caller.once(call);
    expect(call.problem).toMatch(/^HTTP \d+: /);
    expect(call.decided).toBeUndefined();
  });
});

describe('a call that is handed in', () => {
  it('is looked for until it is decided', async () => {
    const { url, heard } = await scriptedGateway(
      [202, { id: 'g-1', status: 'pending' }],
      [200, { id: 'g-1', status: 'pending' }],
      [503, {}],
      [200, appended],
    );
    const { caller, history } = callerOf(url);
    const call = history.begin('c', APPEND, 'key-1');
    await caller.handInAndPoll(call, never);
    expect(heard.map(({ line, prefer }) => [line, prefer])).toEqual([
      ['POST /requests', 'respond-async'],
      ...Array.from({ length: 3 }, () => ['GET /requests/g-1', undefined]),
    ]);
    expect(call.decided).toMatchObject({ id: 'g-1', output: { kind: 'append', index: 1 } });
  });

  it('has a problem when it cannot be found any more', async () => {
    const { url } = await scriptedGateway([202, { id: 'g-1' }], [404, {}]);
    const { caller, history } = callerOf(url);
    const call = history.begin('c', APPEND, 'key-1');
    await caller.handInAndPoll(call, never);
    expect(call.problem).toMatch(/^HTTP 404/);
  });
});
