import { newApiKey, type ApiKeyPlan } from '@ccro/cluster-config';
import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { expectProblem } from '../../test/expect-problem.js';
import { closeStarted, startedGateway, type Answer } from '../../test/started-gateway.js';
import { rawCall } from '../../test/raw-call.js';
import type { GatewayOptions } from '../settings/gateway.options.js';

afterEach(closeStarted);

const made = (plan: ApiKeyPlan) => newApiKey(plan);
const [reader, submitter, admin] = [
  made({ name: 'ann', role: 'read' }),
  made({ name: 'bob', role: 'submit' }),
  made({ name: 'cleo', role: 'admin' }),
];
const apiKeys = [reader.entry, submitter.entry, admin.entry];

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** A gateway whose calls are made with a key. */
async function guarded(options: Partial<GatewayOptions> = {}) {
  const started = await startedGateway({ apiKeys, faultInjection: true, ...options });
  const as = (
    key: string | undefined,
    method: string,
    path: string,
    json?: unknown,
  ): Promise<Answer> =>
    started.call(method, path, {
      ...(json === undefined ? {} : { json }),
      ...(key === undefined ? {} : { headers: bearer(key) }),
    });
  return { ...started, as };
}

describe('keys', () => {
  it('I20: that callers send in the query of a URL are in no log', async () => {
    const said: unknown[] = [];
    const log = vi.spyOn(Logger.prototype, 'log').mockImplementation((line) => said.push(line));
    onTestFinished(() => log.mockRestore());
    const { as } = await guarded();
    expect((await as(undefined, 'GET', `/status?key=${reader.key}`)).status).toBe(401);
    await vi.waitFor(() =>
      expect(said).toContainEqual(expect.stringContaining('GET /status, 401')),
    );
    expect(said.join('\n')).not.toContain(reader.key);
  });

  it('are needed: 401 without one, or with a wrong one', async () => {
    const { as, call } = await guarded();
    const none = await as(undefined, 'GET', '/status');
    expectProblem(none, 401, 'unauthorized');
    expect(none.headers.get('www-authenticate')).toBe('Bearer realm="ccro"');
    for (const key of [`${reader.key}x`, reader.entry.sha256, '', 'x'.repeat(5000)]) {
      const wrong = await as(key, 'POST', '/requests', { data: 1 });
      expectProblem(wrong, 401, 'unauthorized');
      expect(wrong.headers.get('www-authenticate')).toContain('error="invalid_token"');
      expect(JSON.stringify(wrong.body)).not.toContain(reader.key);
    }
    const basic = `Basic ${Buffer.from(`:${reader.key}`).toString('base64')}`;
    expectProblem(
      await call('GET', '/status', { headers: { authorization: basic } }),
      401,
      'unauthorized',
    );
  });

  it('have roles, each including the one before: 403 beyond it', async () => {
    const { as } = await guarded();
    const [read, submit, fault] = [
      (key: string) => as(key, 'GET', '/status'),
      (key: string) => as(key, 'POST', '/requests', { data: 1 }),
      (key: string) => as(key, 'PUT', '/nodes/1/fault', { kind: 'offline' }),
    ] as const;
    const statuses = await Promise.all(
      [reader, submitter, admin].map(async ({ key }) => {
        const answers = [await read(key), await submit(key), await fault(key)];
        return answers.map(({ status }) => status);
      }),
    );
    expect(statuses).toEqual([
      [200, 403, 403],
      [200, 200, 403],
      [200, 200, 200],
    ]);
    const refused = await submit(reader.key);
    expectProblem(refused, 403, 'forbidden');
    expect(refused.body.detail).toBe(
      'This needs a key with the role submit; that of ann has read.',
    );
  });

  it('open every route of the API, and nothing is forgotten', async () => {
    const { as, gateway } = await guarded();
    const { body } = await as(undefined, 'GET', '/docs-json');
    const paths = body.paths as Record<string, Record<string, unknown>>;
    const open: string[] = [];
    for (const [path, methods] of Object.entries(paths)) {
      for (const method of Object.keys(methods)) {
        const { status } = await as(undefined, method.toUpperCase(), path.replace(/{\w+}/g, '1'));
        if (status !== 401) open.push(`${method} ${path} ${status}`);
      }
    }
    expect(open.sort()).toEqual(['get / 200', 'get /health/live 200', 'get /health/ready 200']);
    for (const path of ['/metrics', '/events', '/none', '/admin/queues', '//status', '/STATUS']) {
      expectProblem(await as(undefined, 'GET', path), 401, 'unauthorized');
      expect((await fetch(`${gateway.url}${path}`, { method: 'HEAD' })).status).toBe(401);
    }
    expectProblem(await as(reader.key, 'GET', '/none'), 404, 'not-found');
    expect((await as(reader.key, 'GET', '/metrics')).body.text).toContain(
      'ccro_gateway_refused_total{problem="unauthorized"}',
    );
  });

  it('are named by the API’s description', async () => {
    const { call } = await guarded();
    const { body } = await call('GET', '/docs-json');
    expect(body).toMatchObject({
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
      security: [{ key: [] }],
    });
  });
});

describe('rates', () => {
  it('of a key are its own: 429 over it, and when to come back', async () => {
    const slow = made({ name: 'slow', role: 'read', requestsPerSecond: 3 });
    const { as } = await guarded({ apiKeys: [slow.entry, admin.entry] });
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => as(slow.key, 'GET', '/requests/none')),
    );
    const refused = answers.filter(({ status }) => status !== 404);
    // No more than three of them in any one second, however long they took.
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(3);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expectProblem(answer, 429, 'rate-limited');
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    expect((await as(admin.key, 'GET', '/requests/none')).status).toBe(404);
  });

  it('of an address hold where no keys are, and for nobody unless set', async () => {
    const { call } = await startedGateway({ rateLimit: 2 });
    const calls = Array.from({ length: 40 }, async () => (await call('GET', '/')).status);
    const statuses = await Promise.all(calls);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(2);
    expect((await call('GET', '/health/live')).status).toBe(200);
    const free = await startedGateway();
    const many = await Promise.all(Array.from({ length: 50 }, () => free.call('GET', '/')));
    expect(many.every(({ status }) => status === 200)).toBe(true);
  });
});

describe('headers', () => {
  it('of every answer keep browsers from doing harm, on errors too', async () => {
    const { as } = await guarded();
    for (const [path, status] of [
      ['/', 200],
      ['/status', 401],
    ] as const) {
      const answer = await as(undefined, 'GET', path);
      expect(answer.status).toBe(status);
      const policy = answer.headers.get('content-security-policy') ?? '';
      for (const rule of ["script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"]) {
        expect(policy.split(';')).toContain(rule);
      }
      expect(policy).not.toContain('unsafe');
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    }
    const docs = await as(undefined, 'GET', '/docs');
    expect(docs.headers.get('content-security-policy')).toContain("script-src 'self';");
  });

  it('let pages of other sites in only where they are named', async () => {
    const origin = 'https://page.example';
    const preflight = {
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    };
    const closed = await guarded();
    const refused = await closed.call('OPTIONS', '/requests', preflight);
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
    const { call } = await guarded({ corsOrigins: [origin] });
    const answer = await call('OPTIONS', '/requests', preflight);
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('access-control-allow-headers')).toContain('authorization');
    const problem = await call('POST', '/requests', { json: { data: 1 }, headers: { origin } });
    expectProblem(problem, 401, 'unauthorized');
    expect(problem.headers.get('access-control-allow-origin')).toBe(origin);
    const stream = await call('HEAD', '/events', { headers: { origin, ...bearer(reader.key) } });
    expect(stream.headers.get('access-control-allow-origin')).toBe(origin);
    const other = { headers: { ...preflight.headers, origin: 'https://evil.example' } };
    const stranger = await call('OPTIONS', '/requests', other);
    expect(stranger.headers.get('access-control-allow-origin')).toBeNull();
  });

  it.each([[['https://page.example']], [[]]])(
    'I18: every answer says that it depends on who asks, with %j allowed',
    async (corsOrigins) => {
      const { gateway } = await startedGateway({ corsOrigins });
      const origins = [undefined, 'https://page.example', 'https://evil.example'];
      const paths = ['/', '/status', '/nothing', '/docs', '/%ff'].map((path) => ['GET', path]);
      const calls = [
        ...paths,
        ['HEAD', '/events'],
        ['POST', '/requests'],
        ['OPTIONS', '/requests'],
      ];
      for (const origin of origins) {
        for (const [method = '', path = ''] of calls) {
          const headers = origin === undefined ? {} : { origin };
          const answer = await fetch(`${gateway.url}${path}`, { method, headers });
          await answer.body?.cancel();
          const vary = answer.headers.get('vary')?.toLowerCase().split(/, */) ?? [];
          const ofOrigin = vary.filter((name) => name === 'origin').length;
          expect({ method, path, origin, ofOrigin }).toMatchObject({ ofOrigin: 1 });
        }
      }
      expect((await rawCall(gateway.url, 'GARBAGE\r\n\r\n')).toLowerCase()).toContain(
        'vary: origin',
      );
    },
  );
});
