import { connect } from 'node:net';
import { holdPort } from './held-port.js';

const LOOPBACK = '127.0.0.1';

/** A TCP port on the loopback interface that was just free; another program may still take it. */
export async function freePort(host = LOOPBACK): Promise<number> {
  const held = await holdPort({ port: 0, host });
  await held.free();
  return held.port;
}

/**
 * Process id of the Redis server that answers on `port` of the loopback interface, as it states it
 * in INFO; undefined when none answers within `timeoutMs`.
 */
export function processIdOfServerOn(
  port: number,
  timeoutMs = 500,
  host = LOOPBACK,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ port, host });
    const finish = (processId: number | undefined): void => {
      socket.destroy();
      resolve(processId);
    };
    socket.setTimeout(timeoutMs, () => finish(undefined));
    socket.once('error', () => finish(undefined));
    socket.once('close', () => finish(undefined));
    socket.once('connect', () => socket.write('INFO server\r\n'));
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      const match = /^process_id:(\d+)\r$/m.exec(answer);
      if (match) finish(Number(match[1]));
    });
  });
}
