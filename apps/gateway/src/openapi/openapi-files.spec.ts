import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { expectProblem } from '../../test/expect-problem.js';
import { closeStarted, startedGateway as start } from '../../test/started-gateway.js';

afterEach(closeStarted);

it('F4, sibling: only so many files are open, whoever asks for them and reads nothing', async () => {
  const { gateway, call } = await start();
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const [file, spelling] = ['/docs/swagger-ui-bundle.js', '/%64ocs/swagger-ui-bundle.js'];
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  // The events do not end: all others wait.
  socket.write(get('/events') + get(spelling).repeat(100));
  await vi.waitFor(async () => expect((await call('GET', file)).status).toBe(429));
  expectProblem(await call('GET', file), 429, 'overloaded');
  expect((await call('GET', '/docs-json')).status).toBe(200);
  socket.destroy();
  await vi.waitFor(async () => expect((await call('GET', file)).status).toBe(200));
});
