import { newApiKey } from '@ccro/cluster-config';
import { Logger } from '@nestjs/common';
import { afterEach, expect, it, vi } from 'vitest';
import { closeStarted, startedGateway } from '../../test/started-gateway.js';

afterEach(async () => {
  await closeStarted();
  vi.restoreAllMocks();
});

it('H6: calls that were not let in leave a line each, the rest is counted, other calls leave none', async () => {
  const lines: string[] = [];
  vi.spyOn(Logger.prototype, 'log').mockImplementation((line) => void lines.push(String(line)));
  const { entry, key } = newApiKey({ name: 'reader', role: 'read' });
  const { call, close } = await startedGateway({ apiKeys: [entry] });
  const headers = { authorization: `Bearer ${key}` };
  expect((await call('GET', '/ledger', { headers })).status).toBe(200);
  expect((await call('POST', '/requests', { headers, json: { data: 1 } })).status).toBe(403);
  for (let index = 0; index < 5; index += 1) {
    expect((await call('GET', '/ledger')).status).toBe(401);
  }
  const refusals = (): string[] => lines.filter((line) => line.startsWith('refused: '));
  expect(refusals()).toEqual([
    'refused: POST /requests, 403, 127.0.0.1',
    'refused: GET /ledger, 401, 127.0.0.1',
    'refused: GET /ledger, 401, 127.0.0.1',
  ]);
  await close();
  expect(lines).toContain('not said one by one in the last 60 s: 3 × GET 401');
});
