import { once } from 'node:events';
import { connect } from 'node:net';

/** Sends bytes on a connection of their own. @returns all that comes back until it is closed */
export async function rawCall(
  url: string,
  ...bytes: readonly (string | Buffer)[]
): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  for (const each of bytes) socket.write(each);
  await once(socket, 'close');
  return answer;
}
