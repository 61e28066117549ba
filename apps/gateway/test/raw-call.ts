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

/** A GET with the path exactly as given: `fetch` would repair it first. */
export async function rawGet(url: string, path: string): Promise<{ status: number; type: string }> {
  const { host } = new URL(url);
  const answer = await rawCall(
    url,
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
  );
  const type = /^content-type: (.*)$/im.exec(answer)?.[1] ?? '';
  return { status: Number(answer.slice(9, 12)), type };
}
