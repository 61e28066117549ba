/**
 * Runs README.md of this example from top to bottom, as a reader would, with ports, a Redis and a
 * directory of its own.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startRedisServer, type RedisServer } from '@ccro/redis-server';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** The first command may have to build. */
const STEP_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_MS = 10_000;

/** README's commands, word for word, and what each of them shows. */
const WALK: readonly (readonly [command: string, shows: RegExp])[] = [
  [
    'npm start -- --broker redis --byzantine 1 --fault false-replies --data-dir data/auction ' +
      '--state-machine dist/examples/auction/auction.js --client sam alice',
    /Gateway running on (http:\S+)/,
  ],
  ['CLIENT_ID=sam PORT=4000 npm run example:auction', /Auctions of sam on http:\/\/(\S+)/],
  ['CLIENT_ID=alice PORT=4001 npm run example:auction', /Auctions of alice on http:\/\/(\S+)/],
  [
    "curl -X PUT localhost:4000/auctions/vase -H 'content-type: application/json' -d '{\"reserve\":100}'",
    /"id":"sam-\d+".*"open":true/,
  ],
  [
    "curl -X POST localhost:4001/auctions/vase/bids -H 'content-type: application/json' -d '{\"amount\":120}'",
    /"bidder":"alice","amount":120/,
  ],
  ['curl -X POST localhost:4000/auctions/vase/close', /"open":false.*"signedBy":\[\d,\d.*\]/],
  ['curl localhost:4001/auctions/vase/receipt > data/receipt.json', /^/],
  [
    'npm run verify -- data/receipt.json --config data/auction/cluster.json',
    /The receipt holds\.[^]*alice/,
  ],
];

let redis: RedisServer;
let directory = '';
const servers: ChildProcess[] = [];
/** Host and port of each program, by README's. */
const addresses = new Map<string, string>();

beforeAll(async () => {
  redis = await startRedisServer();
  directory = await mkdtemp(join(tmpdir(), 'ccro-auction-'));
});

afterAll(async () => {
  await Promise.all(servers.map(stop));
  await redis.stop();
  await rm(directory, { recursive: true });
});

it('is the walk', async () => {
  const readme = await readFile(new URL('README.md', import.meta.url), 'utf8');
  const blocks = [...readme.matchAll(/^```sh\n([^]*?)^```/gm)].map(([, block = '']) => block);
  const commands = blocks.flatMap((block) => block.trim().split('\n'));
  expect(commands).toEqual(WALK.map(([command]) => command));
});

it.each(WALK)(
  '%s',
  async (command, shows) => {
    const isServer = command.includes('PORT=') || command.startsWith('npm start');
    const child = run(command);
    if (!isServer) {
      const [code] = (await once(child.process, 'close')) as [number | null];
      expect({ code, output: child.output() }).toMatchObject({
        code: 0,
        output: expect.stringMatching(shows) as unknown,
      });
      return;
    }
    servers.push(child.process);
    const address = await vi.waitFor(
      () => {
        const [, found] = shows.exec(child.output()) ?? [];
        if (found === undefined) throw new Error(`not shown yet: ${child.output()}`);
        return found;
      },
      { timeout: STEP_TIMEOUT_MS - 10_000, interval: 50 },
    );
    const [port = ''] = /(?<=PORT=)\d+/.exec(command) ?? [];
    if (port !== '') addresses.set(`localhost:${port}`, address);
  },
  STEP_TIMEOUT_MS,
);

function run(command: string): { readonly process: ChildProcess; readonly output: () => string } {
  let adapted = command
    .replaceAll('data/', `${directory}/`)
    .replace(/PORT=\d+/, 'PORT=0')
    .replace(/^npm start --/, '$& --gateway-port 0 --node-port 0')
    .replace(/^curl/, 'curl --silent --show-error --fail-with-body');
  for (const [shown, actual] of addresses) adapted = adapted.replace(shown, actual);
  const env = {
    ...process.env,
    REDIS_URL: redis.url,
    CCRO_CONFIG: join(directory, 'auction', 'cluster.json'),
    NO_COLOR: '1',
    FAULT_INJECTION: '',
  };
  // A process group of its own, so that what npm starts can be ended with it.
  const child = spawn('sh', ['-c', adapted], { cwd: ROOT, env, detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  return { process: child, output: () => output };
}

async function stop(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  process.kill(-pid, 'SIGTERM');
  const timer = setTimeout(() => process.kill(-pid, 'SIGKILL'), STOP_TIMEOUT_MS);
  await closed;
  clearTimeout(timer);
}
