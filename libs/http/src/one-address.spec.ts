import dns from 'node:dns';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createHttpAdapter } from './http-adapter.js';
import { listenOnOneAddress } from './one-address.js';

type Found = (error: null, address: string | object[], family?: number) => void;

/** Of `localhost`, two addresses: Fastify asks for all, `net` for one. */
function lookUp(name: string, options: Found | { all?: boolean }, found?: Found): void {
  const first = name === 'localhost' ? '127.0.0.1' : name;
  if (typeof options === 'function') return options(null, first, 4);
  if (options.all !== true) return found?.(null, first, 4);
  found?.(null, [
    { address: '127.0.0.1', family: 4 },
    { address: '127.0.0.2', family: 4 },
  ]);
}

function server(): FastifyInstance {
  const http = createHttpAdapter(1024).getInstance();
  onTestFinished(() => http.close());
  return http;
}

describe('listening', () => {
  it('F2, sibling: a name with two addresses has one server, with all that was set up', async () => {
    const spy = vi.spyOn(dns, 'lookup').mockImplementation(lookUp as never);
    onTestFinished(() => spy.mockRestore());
    const http = server();
    const url = await listenOnOneAddress(http, { port: 0, host: 'localhost' });
    expect(url).toMatch(/^http:\/\/(127\.0\.0\.1|\[::1\]):\d+$/);
    expect(http.addresses()).toHaveLength(1);
  });

  it('says that a port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const listening = listenOnOneAddress(server(), { port, host: '127.0.0.1' });
    await expect(listening).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
