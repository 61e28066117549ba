/**
 * What `npm run pack` makes, used as an outsider would: the two applications beside this file, in an
 * empty folder outside the repository that installs the tarballs, submit a request to a cluster each
 * and print its receipt.
 *
 * OTHER_NODES names programs of other versions of Node, separated by `:`, which run them as well.
 */
import { RedisBroker } from '@ccro/broker';
import {
  clusterKeys,
  developmentCluster,
  developmentKey,
  formatClusterFile,
} from '@ccro/cluster-config';
import { clusterFacts, startNode, type NodeApp } from '@ccro/node-app';
import { ReceiptVerifier } from '@ccro/receipt';
import { startRedisServer, type RedisServer } from '@ccro/redis-server';
import { Logger } from '@nestjs/common';
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

Logger.overrideLogger(['error', 'fatal']);

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** npm and the compiler take their time where three specs share two processors. */
const TOOL_TIMEOUT_MS = 180_000;
const RUN_TIMEOUT_MS = 30_000;
const CLIENTS = ['alice', 'bob'] as const;
const APPLICATIONS = [
  { name: 'JavaScript, the client library', file: 'submit.js', client: 'alice' },
  { name: 'TypeScript, Nest', file: 'submit-with-nest.js', client: 'bob' },
] as const;
const NODES = [process.execPath, ...(process.env['OTHER_NODES'] ?? '').split(':')].filter(Boolean);

/** What a page of one's own would have of the packages. */
const PAGE = `
  import { clusterKeys, parseClusterConfig } from '@ccro/cluster-config';
  import { ReceiptVerifier } from '@ccro/receipt';
  export const holds = (cluster, receipt) =>
    new ReceiptVerifier(clusterKeys(parseClusterConfig(JSON.parse(cluster)))).verify(receipt).holds;
`;
/** As there is no browser: in Node without what browsers lack. The second receipt was changed. */
const RUN_PAGE = `
  import { readFileSync } from 'node:fs';
  const [receipt, changed, cluster] = process.argv.slice(1).map((file) => readFileSync(file));
  const text = cluster.toString();
  const print = console.log;
  const given = [receipt, changed].map((bytes) => new Uint8Array(bytes));
  delete globalThis.Buffer;
  delete globalThis.process;
  const { holds } = await import('./bundle.js');
  for (const each of given) print(holds(text, each));
`;
const RECEIPT = [
  'valid-ccro-bls-prepare-listed.json',
  'broken-bad-certificate-signature-ccro-bls-prepare-single.json',
  'cluster-ccro-bls.json',
].map((file) => join(ROOT, 'examples', 'receipts', file));

const config = developmentCluster({
  nodes: 4,
  mode: 'ccro',
  cluster: 'packages-spec',
  clients: CLIENTS,
});

/** Runs a program to its end. @returns what it printed */
function run(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly timeout: number },
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { ...options, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else
        reject(new Error(`${program} ${args.join(' ')}\n${stdout}\n${stderr}`, { cause: error }));
    });
  });
}

describe('packages, in an application outside the repository', () => {
  let folder: string;
  let redis: RedisServer | undefined;
  const nodes: NodeApp[] = [];

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'ccro-packages-')));
    await Promise.all([makeApplication(), startCluster()]);
  }, 3 * TOOL_TIMEOUT_MS);

  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.close()));
    await redis?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function startCluster(): Promise<void> {
    const { url } = (redis = await startRedisServer());
    for (const { id } of config.members) {
      const node = await startNode({
        facts: clusterFacts(config),
        self: id,
        secretKey: developmentKey('node', id).secretKey,
        broker: new RedisBroker({ url, name: `node ${id}` }),
        storage: { durability: 'memory' },
        httpPort: 0,
        host: '127.0.0.1',
        faultInjection: false,
        tuning: config.tuning,
        onFatal: (error) => {
          throw error;
        },
      });
      nodes.push(node);
    }
  }

  /** A folder with the sources, the packages from tarballs, and the compiled TypeScript. */
  async function makeApplication(): Promise<void> {
    const tool = { cwd: ROOT, timeout: TOOL_TIMEOUT_MS };
    const tarballs = join(folder, 'tarballs');
    await run(process.execPath, ['scripts/pack.mjs', '--out', tarballs], tool);
    const found = (await readdir(tarballs)).map((name) => join(tarballs, name));
    for (const file of ['submit.js', 'submit-with-nest.ts']) {
      await copyFile(join(HERE, file), join(folder, file));
    }
    await writeFile(join(folder, 'cluster.json'), formatClusterFile(config));
    await writeJson('package.json', { private: true, type: 'module' });
    await writeJson('tsconfig.json', {
      compilerOptions: {
        target: 'es2023',
        module: 'nodenext',
        types: ['node'],
        strict: true,
        skipLibCheck: false,
        experimentalDecorators: true,
        emitDecoratorMetadata: true,
      },
      files: ['submit-with-nest.ts'],
    });
    const flags = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
    const inFolder = { cwd: folder, timeout: TOOL_TIMEOUT_MS };
    await run('npm', ['install', ...flags, ...found, ...(await packagesOfOthers())], inFolder);
    const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    await run(process.execPath, [compiler], inFolder);
  }

  function writeJson(name: string, content: unknown): Promise<void> {
    return writeFile(join(folder, name), JSON.stringify(content));
  }

  /** What the sources import besides, and the types of Node, each in the version used here. */
  async function packagesOfOthers(): Promise<string[]> {
    const [own, root] = await Promise.all(
      [HERE, ROOT].map(
        async (directory) =>
          JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as {
            readonly dependencies?: Readonly<Record<string, string>>;
            readonly devDependencies: Readonly<Record<string, string>>;
          },
      ),
    );
    const others = Object.entries(own?.dependencies ?? {})
      .filter(([name]) => !name.startsWith('@ccro/'))
      .map(([name, version]) => `${name}@${version}`);
    return [...others, `@types/node@${root?.devDependencies['@types/node']}`];
  }

  const installed = async (): Promise<string[]> =>
    (await readdir(join(folder, 'node_modules', '@ccro'), { recursive: true })).map(String);

  describe.each(NODES)('%s', (node) => {
    it.each(APPLICATIONS)('$name: the receipt holds', async ({ file, client }) => {
      const args = [file, 'cluster.json', client, String(redis?.url)];
      const receipt = await run(node, args, { cwd: folder, timeout: RUN_TIMEOUT_MS });
      const verdict = new ReceiptVerifier(clusterKeys(config)).verify(Buffer.from(receipt));
      expect(verdict).toMatchObject({ holds: true, receipt: { request: { client } } });
    });
  });

  it('lead to no file that is not in them', async () => {
    const files = await installed();
    expect(files.filter((file) => file.endsWith('.map'))).toEqual([]);
    for (const file of files.filter((name) => /\.(js|d\.ts)$/.test(name))) {
      const text = await readFile(join(folder, 'node_modules', '@ccro', file), 'utf8');
      expect([file, text.match(/sourceMappingURL|\.\.\/\.\.\/\.\.\/|\/src\/|\.ts'/g)]).toEqual([
        file,
        null,
      ]);
    }
  });

  it('have a README and a licence each', async () => {
    const files = await installed();
    const names = files.filter((file) => !/[\\/]/.test(file));
    expect(names).toEqual(
      expect.arrayContaining(['client', 'nest', 'receipt', 'state-machine', 'primitives']),
    );
    for (const name of names) {
      expect(files).toEqual(
        expect.arrayContaining([`${name}/README.md`, `${name}/LICENSE`, `${name}/dist/index.d.ts`]),
      );
    }
  });

  it('have a side for browsers, which bundlers take: it checks receipts, with nothing of Node', async () => {
    await writeFile(join(folder, 'page.js'), PAGE);
    const bundle = await rolldown({ input: join(folder, 'page.js'), platform: 'browser' });
    const { output } = await bundle.write({ file: join(folder, 'bundle.js'), format: 'esm' });
    await bundle.close();
    expect(output.map(({ fileName }) => fileName)).toEqual(['bundle.js']);
    expect(output[0].imports).toEqual([]);
    expect(output[0].code).not.toMatch(/['"](node:[a-z/]+|sodium-native|@chainsafe\/blst)['"]/);
    const args = ['--input-type=module', '--eval', RUN_PAGE, ...RECEIPT];
    const said = await run(process.execPath, args, { cwd: folder, timeout: RUN_TIMEOUT_MS });
    expect(said.trim().split('\n')).toEqual(['true', 'false']);
  });
});
