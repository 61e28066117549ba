/**
 * `node scripts/smoke.mjs NODE…`: whether the built programs work under other versions of Node, and
 * whether what may not differ between versions does not: NODE runs a cluster, decides a request and
 * hands out its receipt, which this version checks, and checks one that this version's cluster made;
 * both replay the same simulated clusters (digests, order, state) to the same last character, and
 * give the same verdicts on the recorded receipts (signatures of both schemes).
 *
 * Exits 0 when all of that holds for each NODE, else 1 with what does not. The working copy must be built.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './prepare.mjs';

const START_TIMEOUT_MS = 60_000;
const END_TIMEOUT_MS = 120_000;
const SEEDS = ['3', '7', '11'];
const RECEIPTS = join(ROOT, 'examples', 'receipts');

const others = process.argv.slice(2);
if (others.length === 0) {
  process.stderr.write('usage: node scripts/smoke.mjs PATH-OF-ANOTHER-NODE…\n');
  process.exit(2);
}
const directory = mkdtempSync(join(tmpdir(), 'ccro-smoke-'));
try {
  const ownReceipt = await decided(process.execPath, 'own');
  /** What this version gives, worked out once. */
  const own = new Map();
  for (const [index, other] of others.entries()) {
    const [version] = await output(other, ['--version']);
    const say = (what) => process.stdout.write(`${version.trim()}: ${what}\n`);
    await verified(process.execPath, await decided(other, `other-${index}`));
    await verified(other, ownReceipt);
    say('runs a cluster, and each version takes the receipts of the other');
    await same(own, other, 'simulated clusters', simulated);
    say(`${SEEDS.length} simulated clusters end in the same state`);
    await same(own, other, 'verdicts on receipts', verdicts);
    say('the recorded receipts get the same verdicts');
  }
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

/** Has a cluster under `node` decide a request. @returns files of its receipt and its keys */
async function decided(node, name) {
  const options = ['--gateway-port', '0', '--node-port', '0'];
  const cluster = start(node, ['dist/programs/cluster.js', ...options]);
  try {
    const url = await says(cluster, /^Gateway running on (http:\S+)$/m);
    const answer = await fetch(`${url}/requests`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ data: { from: node, amount: 12.5, text: 'Zürich 数 🙂' } }),
    });
    const decision = await answer.json();
    if (answer.status !== 200) throw new Error(`not decided under ${node}: ${decision.detail}`);
    const files = {
      receipt: join(directory, `${name}.json`),
      keys: join(directory, `${name}-keys`),
    };
    const receipt = await fetch(`${url}/requests/${decision.id}/receipt`);
    if (receipt.status !== 200) throw new Error(`no receipt under ${node}: ${receipt.status}`);
    writeFileSync(files.receipt, await receipt.text());
    writeFileSync(files.keys, await (await fetch(`${url}/cluster`)).text());
    return files;
  } finally {
    cluster.kill('SIGTERM');
    const force = setTimeout(() => cluster.kill('SIGKILL'), 20_000);
    if (cluster.exitCode === null && cluster.signalCode === null) await once(cluster, 'close');
    clearTimeout(force);
  }
}

async function verified(node, { receipt, keys }) {
  const verify = ['dist/apps/cluster/src/verify.js', receipt, '--config', keys];
  const [said, code] = await output(node, verify);
  if (code !== 0) throw new Error(`${node} does not take a receipt of another version: ${said}`);
}

/** @throws when this version and another differ in what `of` gives */
async function same(own, other, what, of) {
  if (!own.has(what)) own.set(what, of(process.execPath));
  const [ours, theirs] = await Promise.all([own.get(what), of(other)]);
  if (ours === theirs) return;
  const at = [...ours].findIndex((character, index) => character !== theirs[index]);
  const near = (text) => JSON.stringify(text.slice(Math.max(at - 100, 0), at + 100));
  throw new Error(`${what} differ between versions: ${near(ours)} and ${near(theirs)}`);
}

/** The traces of whole simulated clusters: every message, digest and state. */
async function simulated(node) {
  const folder = mkdtempSync(join(directory, 'traces-'));
  let traces = '';
  for (const seed of SEEDS) {
    const trace = join(folder, seed);
    const simulate = ['dist/apps/simulator/src/main.js', '--seed', seed, '--trace', trace];
    const [said, code] = await output(node, simulate);
    if (code !== 0) throw new Error(`seed ${seed} fails under ${node}: ${said}`);
    traces += readFileSync(trace, 'utf8');
  }
  if (traces.length < 1000) throw new Error(`the traces under ${node} hold nothing`);
  return traces;
}

async function verdicts(node) {
  let all = '';
  for (const file of readdirSync(RECEIPTS).sort()) {
    const [, kind] =
      /^(?:valid|broken)-(?:.*(ccro-bls|ccro-ed25519|pbft-bls|pbft-ed25519))?/.exec(file) ?? [];
    if (!/^(valid|broken)-/.test(file)) continue;
    const keys = join(RECEIPTS, `cluster-${kind ?? 'ccro-ed25519'}.json`);
    const verify = [
      'dist/apps/cluster/src/verify.js',
      join(RECEIPTS, file),
      '--config',
      keys,
      '--json',
    ];
    const [said, code] = await output(node, verify);
    if (file.startsWith('valid-') !== (code === 0)) {
      throw new Error(`${file} is judged wrongly under ${node}: ${said}`);
    }
    all += `${file} ${code} ${said}\n`;
  }
  return all;
}

function start(node, args) {
  const child = spawn(node, args, {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      child.text += chunk;
    });
  }
  return child;
}

/** @returns the first group of `pattern` in what it prints */
async function says(child, pattern) {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const found = pattern.exec(child.text)?.[1];
    if (found !== undefined) return found;
    if (child.exitCode !== null || performance.now() > deadline) {
      throw new Error(`the cluster did not start: ${child.text}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** @returns what it printed, and its exit code */
async function output(node, args) {
  const child = start(node, args);
  const limit = setTimeout(() => child.kill('SIGKILL'), END_TIMEOUT_MS);
  const [code] = await once(child, 'close');
  clearTimeout(limit);
  return [child.text, code];
}
