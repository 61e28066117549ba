import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { GatewayApi } from './gateway-api.js';
import { readOnceFile, submitOnce } from './once.js';

async function fileWith(content: string | Buffer): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ccro-once-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, 'requests.json');
  await writeFile(file, content);
  return file;
}

describe('the file of --once', () => {
  it('holds one request or a list of them', async () => {
    expect(readOnceFile(await fileWith('{"data":1}'))).toEqual([{ data: 1 }]);
    const list = '[{"data":1},{"operation":{"type":"kv.get","key":"k"}}]';
    expect(readOnceFile(await fileWith(list))).toHaveLength(2);
  });

  it.each([
    ['{"data":', 'not JSON'],
    ['[]', 'it holds no request'],
    ['"data"', 'request 1 is no object'],
    ['[{"data":1},null]', 'request 2 is no object'],
  ])('%s is refused, with the name of the file', async (content, reason) => {
    const file = await fileWith(content);
    expect(() => readOnceFile(file)).toThrow(reason);
    expect(() => readOnceFile(file)).toThrow(`--once ${file} cannot be used`);
  });

  it.each([
    ['[{"data":1},{"data":{"n":9007199254740993}}]', '1.data.n: 9007199254740993 would become'],
    ['{"data":1e400}', 'data: 1e400 is beyond the numbers there are'],
    ['{"data":[-0]}', 'data.0: -0 would become 0'],
    ['{"data":0.1000000000000000055511151231257827}', 'would become 0.1'],
    ['{"data":{"a":1,"a":2}}', 'data.a: the key is given twice'],
    ['{"data":"\\ud800"}', 'data: the text has a lone surrogate'],
  ])('B1, sibling: %s is refused, which would be sent as something else', async (text, reason) => {
    const file = await fileWith(text);
    expect(() => readOnceFile(file)).toThrow(reason);
  });

  it('B2, sibling: is refused when it is not UTF-8, and may begin with a byte order mark', async () => {
    const file = await fileWith(Buffer.from('{"data":"caf\xe9"}', 'latin1'));
    expect(() => readOnceFile(file)).toThrow('not JSON (data: not UTF-8)');
    expect(readOnceFile(await fileWith('\ufeff{"data":"é"}'))).toEqual([{ data: 'é' }]);
  });

  it('must be there', async () => {
    expect(() => readOnceFile('no-such-file.json')).toThrow(
      '--once no-such-file.json cannot be used',
    );
  });
});

interface Scripted {
  readonly status: number;
  readonly body: unknown;
}

/** An HTTP server that answers the n-th request with the n-th answer. */
async function gatewayThatSays(
  answers: readonly Scripted[],
): Promise<{ readonly gateway: GatewayApi; readonly received: unknown[] }> {
  const received: unknown[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const answer = answers[received.length];
      received.push(JSON.parse(text));
      response.writeHead(answer?.status ?? 500, { connection: 'close' });
      response.end(JSON.stringify(answer?.body ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { gateway: new GatewayApi(`http://127.0.0.1:${port}`), received };
}

describe('submitting once', () => {
  const decided = { status: 200, body: { status: 'decided' } };
  const late = {
    status: 504,
    body: { title: 'No decision', detail: 'Too late.', id: 'gateway-7' },
  };

  async function submit(...answers: readonly Scripted[]) {
    const { gateway, received } = await gatewayThatSays(answers);
    const printed: string[] = [];
    const requests = answers.map((_, index) => ({ data: index }));
    const allDecided = await submitOnce(gateway, requests, (line) => printed.push(line), {
      begin: async () => undefined,
      finished: async () => void printed.push('report'),
    });
    return { allDecided, printed, received };
  }

  it('sends one request after another, each after the report of the one before', async () => {
    expect(await submit(decided, decided)).toEqual({
      allDecided: true,
      printed: ['report', 'report'],
      received: [{ data: 0 }, { data: 1 }],
    });
  });

  it('says what was not decided and goes on', async () => {
    expect(await submit(late, decided, { status: 400, body: { title: 'Wrong' } })).toEqual({
      allDecided: false,
      printed: [
        'report',
        'Not decided (504): Too late. [gateway-7]',
        'report',
        'report',
        'Not decided (400): Wrong',
      ],
      received: [{ data: 0 }, { data: 1 }, { data: 2 }],
    });
  });
});
