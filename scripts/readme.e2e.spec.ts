/**
 * Runs README.md and the pages that go on from it from top to bottom, as a reader would: every command in
 * their `sh` blocks.
 *
 * `WALK` lists the commands in their order, word for word, each with how it is exercised here. A
 * command that a page has and `WALK` lacks, or the other way round, fails the first test. Commands
 * run as they are, in a shell in the repository, except that nothing may clash with what else runs
 * on the machine: servers get free ports, Redis is one of our own, files go to a temporary
 * directory (`adapted`). What cannot run inside a test says what stands for it (`coveredBy`).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FAULT_KINDS } from '@ccro/faults';
import { startRedisServer, type RedisServer } from '@ccro/redis-server';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** A start may have to build first. */
const STEP_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_MS = 10_000;
const FREE_PORTS = '--gateway-port 0 --node-port 0';

const GATEWAY_READY = /Gateway running on (http:\S+)/;
const NODE_READY = /Node \d+ started on (http:\S+)/;
const JSON_BODY = "-H 'content-type: application/json' -d";

/** Settings of whoever runs the tests, which README's reader does not have. */
const UNSET = [
  'NODE_ID',
  'CCRO_CONFIG',
  'KEY_FILE',
  'HTTP_HOST',
  'DATA_DIR',
  'DURABILITY',
  'FAULT',
  'STATE_MACHINE',
  'FAULT_INJECTION',
  'LOG_LEVEL',
  'CLIENT_ID',
  'REQUEST_TIMEOUT_MS',
  'OVERLOAD_WAIT_MS',
  'IDEMPOTENCY_RETENTION',
  'REDIS_CA_FILE',
  'API_KEYS_FILE',
  'RATE_LIMIT',
  'CORS_ORIGINS',
];

type Exercise = (command: string) => Promise<void>;

/** The pages with commands, in the order in which they are read and walked through here. */
const PAGES = [
  'README.md',
  'docs/REDIS.md',
  'docs/HTTP.md',
  'docs/FAULTS.md',
  'docs/PACKAGES.md',
  'CONTRIBUTING.md',
] as const;

/** Their commands, in their order, and how each is exercised. */
const WALK: readonly (readonly [command: string, exercise: Exercise])[] = [
  // README: the first decision
  [
    'npm start -- --byzantine 1 --fault falsify --seed 1',
    startsCluster(/Communication Node: 1 -> 2/),
  ],
  [`curl -X POST localhost:3000/requests ${JSON_BODY} '{"data":"very-important-data"}'`, decides()],
  // what else to try
  ['npm run demo', ends(/PBFT[^]*equivocating commander[^]*CCRO[^]*Every decision was right/)],
  [
    'npm run experiment -- --mode pbft,ccro --byzantine 1,5 --fault offline,falsify --rounds 3',
    ends(/Messages[^]*pbft *│ 4 [^]*ccro *│ 16 *│ 5 *│ falsify/),
  ],
  [
    'npm run verify -- examples/receipts/valid-ccro-bls-prepare-listed.json ' +
      '--config examples/receipts/cluster-ccro-bls.json',
    ends(/The receipt holds\.[^]*sequence 7, place 3 of 5/),
  ],
  // on Redis
  ['docker compose up redis', coveredBy('npm run test:compose', startsRedisAsComposeDoes)],
  ['npx nest start node --watch', startsNodes([0, 1, 2, 3])],
  ['npx nest start gateway', startsGateway],
  ["redis-cli psubscribe 'ccro:*'", listens],
  [
    `curl -X POST localhost:3000/requests ${JSON_BODY} '{"data":"very-important-data"}'`,
    decidesInView,
  ],
  // REDIS
  ['redis-cli client list', showsOneConnectionANode],
  ['npm run keygen -- --nodes 4 --out data/keys', ends(/node-3\.key \(private\)/)],
  ['NODE_ID=0 CCRO_CONFIG=data/keys/cluster.json npx nest start node', startsNodes([0])],
  [
    'npm run keygen -- --api-keys data/api-keys.json --api-key alice:submit:50 ops:admin',
    ends(/alice \(submit\) ccro_\S+\nops \(admin\) ccro_/),
  ],
  ['npm start -- --api-keys data/api-keys.json', asksForAKey],
  [
    'npm run keygen -- --nodes 4 --out data/keys-tls --redis-acl --redis-url rediss://127.0.0.1:6379',
    ends(/redis\/users\.acl \(private\)/),
  ],
  // HTTP
  [`curl -X PUT localhost:3000/kv/colour ${JSON_BODY} '{"value":"green"}'`, prints(/"version":1/)],
  ['curl localhost:3000/kv/colour', prints(/"value":"green"/)],
  [
    "curl 'localhost:3000/ledger?from=1&limit=1'",
    prints(/"decisions":\[\{"sequence":1.*"phase":"(prepare|commit)"/),
  ],
  ['curl localhost:8081/status', prints(/"id":1,"up":true/)],
  [
    `curl -X POST localhost:3000/experiments ${JSON_BODY} ` +
      '\'{"byzantine":[1,2],"fault":["offline","falsify"]}\'',
    prints(/"state":"waiting".*"cells":8/),
  ],
  ['curl localhost:3000/experiments', soon(prints(/"state":"(running|completed)"/))],
  // FAULTS
  ['npm start -- --fault-injection', startsCluster(/Byzantine Nodes: 0/)],
  [
    `curl -X PUT localhost:3000/nodes/3/fault ${JSON_BODY} '{"kind":"double-vote"}'`,
    prints(/"fault":"double-vote"/),
  ],
  [
    `curl -X POST localhost:3000/requests ${JSON_BODY} '{"data":"decided all the same"}'`,
    decides(),
  ],
  ['curl localhost:3000/nodes/2/status', soon(prints(/"kind":"conflicting-votes","accused":3/))],
  ['curl -X DELETE localhost:3000/nodes/3/fault', prints(/"fault":null/)],
  [
    `curl -X PUT localhost:3000/nodes/0/fault ${JSON_BODY} '{"kind":"offline"}'`,
    prints(/"fault":"offline"/),
  ],
  [
    `curl -X POST localhost:3000/requests ${JSON_BODY} '{"data":"decided by another primary"}'`,
    decidesUnderAnotherPrimary,
  ],
  [
    'npm start -- --byzantine 30 --fault falsify --broker redis --once examples/sample-run-case.json',
    runsAlone(/Total Nodes: 91[^]*CCRO Consensus Time/),
  ],
  // PACKAGES
  ['npm run pack -- --out data/packages', ends(/packages\/ccro-client-\d+\.\d+\.\d+\.tgz/)],
  [
    'npm install ../ccro/data/packages/*.tgz',
    coveredBy('packages.e2e.spec.ts, in an empty folder', () =>
      holdsFile('examples/standalone/packages.e2e.spec.ts'),
    ),
  ],
  // CONTRIBUTING
  ['npm test', coveredBy('this run, which is part of it', () => namesScript('test'))],
  [
    'npm run ci',
    coveredBy('CI itself, which would run this test within itself', () => namesScript('ci')),
  ],
  [
    'npm run simulate -- --seeds 100',
    coveredBy('apps/simulator, and CI with more seeds', () => namesProgram('simulate')),
  ],
  [
    'npm run chaos -- --minutes 1',
    coveredBy('apps/chaos, with half a minute', () => namesProgram('chaos')),
  ],
  [
    'npm run soak -- --requests 20000',
    coveredBy('apps/chaos, with fewer requests', () => namesProgram('soak')),
  ],
  [
    'npm run fuzz -- --minutes 1',
    coveredBy('fuzz, some seconds of each property', () => namesScript('fuzz')),
  ],
  [
    'npm run mutate -- libs/receipt',
    coveredBy('CI, for lines that were changed', () => namesScript('mutate')),
  ],
  [
    'npm run bench -- --quick',
    coveredBy('apps/bench, with one scenario', () => namesProgram('bench')),
  ],
];

/** What the reader has running and knows by now. */
const desk = {
  programs: [] as Program[],
  redis: undefined as RedisServer | undefined,
  listener: undefined as Program | undefined,
  gateway: '',
  /** Base URLs of the nodes, by id. */
  nodes: new Map<number, string>(),
  directory: '',
};

/** A command in a shell, with all processes that it starts. */
class Program {
  output = '';
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;

  constructor(command: string, environment: Readonly<Record<string, string>>) {
    const env = { ...process.env, ...environment };
    // A process group of its own, so that `stop` reaches npm's and Nest's children too.
    this.child = spawn('sh', ['-c', command], { cwd: ROOT, env, detached: true });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
    this.ended = new Promise((resolve) => this.child.on('close', resolve));
  }

  /** Resolves to what the output holds `pattern` with; fails when the program ends before. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    let running = true;
    void this.ended.then(() => (running = false));
    for (;;) {
      const wasRunning = running;
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      if (!wasRunning) throw new Error(`ended without showing ${String(pattern)}:\n${this.output}`);
      await Promise.race([this.ended, new Promise((resolve) => setTimeout(resolve, 50))]);
    }
  }

  async stop(): Promise<void> {
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), STOP_TIMEOUT_MS);
    await this.ended;
    clearTimeout(timer);
  }

  private signal(signal: NodeJS.Signals): void {
    try {
      if (this.child.pid !== undefined) process.kill(-this.child.pid, signal);
    } catch {
      // all of it ended already
    }
  }
}

/** The command with what this machine has instead of README's ports, Redis and directory. */
function adapted(command: string): string {
  const redisCli = process.env.CCRO_TEST_REDIS_CLI ?? 'redis-cli';
  return command
    .replace('localhost:3000', desk.gateway)
    .replace('localhost:8081', desk.nodes.get(1) ?? '')
    .replaceAll('data/keys', join(desk.directory, 'keys'))
    .replaceAll('data/api-keys', join(desk.directory, 'api-keys'))
    .replaceAll('data/packages', join(desk.directory, 'packages'))
    .replace(/^redis-cli/, `'${redisCli}' -p ${desk.redis?.port ?? 0}`);
}

/** An empty value counts as not set: what the test's own environment says is not README's. */
function environmentFor(command: string): Readonly<Record<string, string>> {
  const overRedis = command.includes('nest start') || command.includes('--broker redis');
  return {
    NO_COLOR: '1',
    REDIS_URL: overRedis ? (desk.redis?.url ?? '') : '',
    NODE_HTTP_PORT: '0',
    GATEWAY_PORT: '0',
    ...Object.fromEntries(UNSET.map((name) => [name, ''])),
  };
}

function start(command: string, more = ''): Program {
  const program = new Program(`${adapted(command)} ${more}`, environmentFor(command));
  desk.programs.push(program);
  return program;
}

async function stopAll(): Promise<void> {
  await Promise.all(desk.programs.splice(0).map((program) => program.stop()));
}

/** Runs the command to its end. @returns what it printed */
async function outputOf(command: string, more = ''): Promise<string> {
  const program = start(command, more);
  const exitCode = await program.ended;
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}:\n${program.output}`);
  return program.output;
}

/** It ends by itself, with exit code 0, and shows the pattern. */
function ends(pattern: RegExp, more = ''): Exercise {
  return async (command) => expect(await outputOf(command, more)).toMatch(pattern);
}

/** A cluster that decides and ends, with nothing else running: its Redis is the others' too. */
function runsAlone(pattern: RegExp): Exercise {
  return async (command) => {
    await stopAll();
    await ends(pattern, FREE_PORTS)(command);
  };
}

/** A call that is answered with success, whose answer matches. */
function prints(pattern: RegExp): Exercise {
  return ends(pattern, '--silent --show-error --fail-with-body');
}

/** What comes a moment after the decision, such as evidence. */
function soon(exercise: Exercise): Exercise {
  return (command) => vi.waitFor(() => exercise(command), { timeout: 10_000, interval: 200 });
}

function decides(): Exercise {
  return prints(/"status":"decided".*"mode":"ccro"/);
}

/** Usually in view 1; on a busy machine that may fail too. */
async function decidesUnderAnotherPrimary(command: string): Promise<void> {
  await prints(/"status":"decided".*"view":[1-9].*"id":0,"role":"replica","reply":"none"/)(command);
  await desk.programs.at(0)?.shows(/Node [1-3] is the commander now, in place of node \d\./);
}

/** The whole cluster in one process, in place of whatever ran before. */
function startsCluster(banner: RegExp): Exercise {
  return async (command) => {
    await stopAll();
    const cluster = start(command, FREE_PORTS);
    const [, url = ''] = await cluster.shows(GATEWAY_READY);
    desk.gateway = new URL(url).host;
    expect(cluster.output).toMatch(banner);
  };
}

/** A cluster beside whatever else runs, whose gateway lets nobody in without a key. */
async function asksForAKey(command: string): Promise<void> {
  const cluster = start(command, FREE_PORTS);
  const [, url = ''] = await cluster.shows(GATEWAY_READY);
  expect((await fetch(`${url}/status`)).status).toBe(401);
  await cluster.stop();
}

/** As many nodes as ids, one after another; each must take the id. */
function startsNodes(ids: readonly number[]): Exercise {
  return async (command) => {
    for (const id of ids) {
      const node = start(command);
      const [line, url = ''] = await node.shows(NODE_READY);
      expect(line).toContain(`Node ${id} started`);
      // Ids of a cluster made with `keygen` are another cluster's.
      if (ids.length > 1) desk.nodes.set(id, new URL(url).host);
    }
  };
}

async function startsGateway(command: string): Promise<void> {
  const [, url = ''] = await start(command).shows(GATEWAY_READY);
  desk.gateway = new URL(url).host;
}

async function startsRedisAsComposeDoes(): Promise<void> {
  await stopAll();
  const compose = await read('docker-compose.yml');
  expect(compose).toMatch(/^ {2}redis:\n[^]*?ports: \[.*:6379'\]/m);
  desk.redis = await startRedisServer();
}

async function listens(command: string): Promise<void> {
  desk.listener = start(command);
  await desk.listener.shows(/^psubscribe$/m);
}

/** As README's listing has it: votes on the collector's channel alone, certificates on everyone's. */
async function decidesInView(command: string): Promise<void> {
  await decides()(command);
  const { listener } = desk;
  await listener?.shows(/client:gateway\n\{"kind":"reply","replica":/);
  const seen = [...(listener?.output.matchAll(/^(ccro:\S+)\n\{"kind":"([a-z-]+)"/gm) ?? [])];
  // The first of each kind: on a busy machine some are sent again, to all.
  const channelOf = (kind: string): string | undefined =>
    seen.find((each) => each[2] === kind)?.[1];
  expect(channelOf('request')).toBe('ccro:{local}:node:0');
  expect(channelOf('pre-prepare')).toBe('ccro:{local}:broadcast');
  expect(channelOf('vote')).toBe('ccro:{local}:node:2');
  expect(channelOf('certificate')).toBe('ccro:{local}:broadcast');
}

async function showsOneConnectionANode(command: string): Promise<void> {
  const list = await outputOf(command);
  const names = [...list.matchAll(/ name=(ccro:\S+)/g)].map(([, name]) => name);
  const nodes = [0, 1, 2, 3].map((id) => `ccro:node:${id}`);
  expect(names).toHaveLength(5);
  expect(new Set(names)).toEqual(new Set(['ccro:gateway:gateway', ...nodes]));
}

/** For a command that cannot run here. @param why what runs it instead */
function coveredBy(why: string, standIn: () => Promise<void>): Exercise {
  return async () => {
    expect(why).not.toBe('');
    const [, script] = /npm run (\S+)/.exec(why) ?? [];
    if (script !== undefined) await namesScript(script);
    await standIn();
  };
}

async function holdsFile(file: string): Promise<void> {
  expect(await read(file)).not.toBe('');
}

async function namesScript(name: string): Promise<void> {
  const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> };
  const [file = ''] = /\S+$/.exec(scripts[name] ?? '') ?? [];
  expect(existsSync(join(ROOT, file)), `script "${name}" runs ${file}`).toBe(true);
}

/** For scripts that name one of the built programs. */
async function namesProgram(name: string): Promise<void> {
  const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> };
  expect(scripts[name]).toBe(`exec node scripts/run.mjs ${name}`);
  const [, file = ''] = new RegExp(`${name}: '(\\S+)'`).exec(await read('scripts/run.mjs')) ?? [];
  expect(existsSync(join(ROOT, 'dist', file)), `dist/${file}`).toBe(true);
}

function read(file: string): Promise<string> {
  return readFile(join(ROOT, file), 'utf8');
}

/** The commands in `sh` blocks: one a line, without comments. */
function commandsIn(markdown: string): string[] {
  return [...markdown.matchAll(/^```sh\n([^]*?)^```$/gm)]
    .flatMap(([, block = '']) => block.replaceAll('\\\n', '').split('\n'))
    .map((line) => line.replace(/(^|\s+)#\s.*$/, '').trim())
    .filter((line) => line !== '');
}

beforeAll(async () => {
  desk.directory = await mkdtemp(join(tmpdir(), 'ccro-readme-'));
});

afterAll(async () => {
  await stopAll();
  await desk.redis?.stop();
  await rm(desk.directory, { recursive: true, force: true });
});

describe('README.md and the pages that go on from it', () => {
  it('have exactly the commands that are run here, in this order', async () => {
    const pages = await Promise.all(PAGES.map(read));
    expect(pages.flatMap(commandsIn)).toEqual(WALK.map(([command]) => command));
    expect(pages.join('\n')).not.toMatch(/^```(bash|shell|console|zsh|shell-session)$/m);
  });

  it('README.md is a page that is read in minutes', async () => {
    expect((await read('README.md')).split('\n').length).toBeLessThanOrEqual(200);
  });

  for (const [index, [command, exercise]] of WALK.entries()) {
    it(`${index + 1}: ${command}`, () => exercise(command), STEP_TIMEOUT_MS);
  }

  it('name every kind of fault, option and environment variable, and no other', async () => {
    const settings = await read('docs/CONFIGURATION.md');
    const tableKinds = rowsUnder(await read('docs/FAULTS.md'), '| kind |').map(
      (row) => /`([a-z-]+)`/.exec(row)?.[1],
    );
    expect(new Set(tableKinds)).toEqual(new Set(FAULT_KINDS));
    const environment = await read('libs/cluster-config/src/environment.ts');
    const known = [...environment.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name]) => name);
    const named = rowsUnder(settings, '| variable |').map((row) => /`([A-Z_]+)`/.exec(row)?.[1]);
    expect(new Set(named)).toEqual(new Set(known));
    const commandLine = await read('apps/cluster/src/options/command-line.ts');
    for (const [, option] of commandLine.matchAll(/option\('(--[a-z-]+)/g)) {
      expect(settings).toContain(option);
    }
  });
});

function rowsUnder(markdown: string, head: string): string[] {
  const lines = markdown.split('\n');
  const first = lines.findIndex((line) => line.startsWith(head)) + 2;
  const length = lines.slice(first).findIndex((line) => !line.startsWith('|'));
  return lines.slice(first, first + length);
}

describe('README.md and docs/', () => {
  it('link to files and headings that exist', async () => {
    const adrs = (await readdir(join(ROOT, 'docs/adr'))).map((name) => `docs/adr/${name}`);
    const docs = (await readdir(join(ROOT, 'docs'))).filter((name) => name.endsWith('.md'));
    const roots = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
    const pages = [...roots, ...docs.map((name) => `docs/${name}`), ...adrs];
    const dead: string[] = [];
    for (const page of pages) {
      for (const [, target = ''] of (await read(page)).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (!(await leadsSomewhere(page, target))) dead.push(`${page}: ${target}`);
      }
    }
    expect(dead).toEqual([]);
  });
});

async function leadsSomewhere(page: string, target: string): Promise<boolean> {
  if (/^https?:/.test(target)) return true;
  const [path = '', heading] = target.split('#');
  const file = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(ROOT, file))) return false;
  return heading === undefined || headingsOf(await read(file)).includes(heading);
}

/** As code hosts make anchors of headings. */
function headingsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
