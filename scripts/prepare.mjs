/**
 * Makes the working copy ready to run: installs the dependencies when they differ from the lock
 * file, builds when a source changed since the last build. Does nothing, quickly, when both are up
 * to date. Uses nothing but Node itself, because it runs before anything is installed.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundlePrograms, buildPage } from './bundle.mjs';
import { withLock } from './lock.mjs';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

const MINIMUM_NODE = [20, 19];
/** Held by the one command that installs and builds. Not in what npm or the build clears away. */
const LOCK = join(ROOT, '.prepare.lock');
const BUILD_STAMP = join(ROOT, 'dist', '.build-stamp');
/** Of which sources the page was made: nothing but this script writes there. */
const PAGE_STAMP = join(ROOT, 'dist', 'dashboard', '.sources');
/** What the compiler writes, `nest start` and `nest build` included: perhaps of other sources. */
const COMPILED = ['dist/apps', 'dist/examples', 'dist/libs'];
/** What a build depends on; specs and the dependencies' own sources are not part of it. */
const BUILD_INPUTS = [
  'apps',
  'examples',
  'libs',
  'types',
  'tsconfig.json',
  'tsconfig.build.json',
  'nest-cli.json',
  'package-lock.json',
  'scripts/bundle.mjs',
];
const NOT_BUILT = /(^|\/)(node_modules|dist|coverage)$|\.spec\.ts$/;

/** Installs and builds what is missing. Throws a `PrepareError` with what the tool printed. */
export async function prepare({ build = true } = {}) {
  requireNode();
  const isReady = () => isInstalled() && (!build || isBuilt());
  if (isReady()) return;
  const wait = ({ pid }) =>
    progress(`Waiting for another npm command (process ${pid}) that installs and builds ...`);
  await withLock(LOCK, () => installAndBuild(build), wait);
}

/** Looks again: whoever held the lock has perhaps done it. */
async function installAndBuild(build) {
  if (!isInstalled()) await install();
  if (build) await buildIfChanged();
}

export class PrepareError extends Error {}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [minimumMajor, minimumMinor] = MINIMUM_NODE;
  if (major > minimumMajor || (major === minimumMajor && minor >= minimumMinor)) return;
  throw new PrepareError(
    `Node ${MINIMUM_NODE.join('.')} or newer is needed; this is ${process.versions.node}.`,
  );
}

/** npm records what it installed in node_modules/.package-lock.json: compare that with the lock. */
function isInstalled() {
  const wanted = readPackages(join(ROOT, 'package-lock.json'));
  const installed = readPackages(join(ROOT, 'node_modules', '.package-lock.json'));
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    // Workspaces are this working copy itself: what is built loads nothing through their links.
    if (entry.link || !path.startsWith('node_modules/')) return true;
    if (entry.optional) return true; // optional ones depend on the platform
    const found = installed[path];
    return found?.version === entry.version && found?.integrity === entry.integrity;
  });
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

async function install() {
  progress('Installing dependencies (about a minute the first time) ...');
  // Nothing needs a package's own scripts: what has native code comes with it built.
  const args = ['ci', '--ignore-scripts', '--include=dev', '--include=optional'];
  args.push('--loglevel=error');
  const [command, commandArgs] = npmCommand(args);
  await runQuietly(command, commandArgs, 'npm ci');
}

/** The npm that runs this, if one does. @returns a program and its arguments */
export function npmCommand(args) {
  const underNpm = process.env.npm_execpath?.endsWith('npm-cli.js');
  return underNpm ? [process.execPath, [process.env.npm_execpath, ...args]] : ['npm', args];
}

async function buildIfChanged() {
  const sources = fingerprint(BUILD_INPUTS);
  if (isBuilt(sources)) return;
  progress('Building ...');
  const nest = join(ROOT, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  await runQuietly(process.execPath, [nest, 'build', 'cluster'], 'nest build cluster');
  await bundlePrograms(ROOT);
  if (readIfThere(PAGE_STAMP) !== sources) {
    await buildPage(ROOT);
    writeFileSync(PAGE_STAMP, sources);
  }
  writeFileSync(BUILD_STAMP, buildStamp(sources));
}

function isBuilt(sources = fingerprint(BUILD_INPUTS)) {
  return readIfThere(BUILD_STAMP) === buildStamp(sources);
}

function buildStamp(sources) {
  return `sources ${sources}\ncompiled ${fingerprint(COMPILED)}\n`;
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** Of all files at or below the paths, by name and content. */
function fingerprint(paths) {
  const hash = createHash('sha256');
  for (const file of paths.flatMap((path) => listFiles(join(ROOT, path)))) {
    hash
      .update(`${relative(ROOT, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

function listFiles(path) {
  if (!existsSync(path)) return [];
  const found = [];
  const visit = (directory) => {
    const entries = readdirSync(directory, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const child = join(directory, entry.name);
      if (NOT_BUILT.test(child)) continue;
      if (entry.isDirectory()) visit(child);
      else if (entry.isFile()) found.push(child);
    }
  };
  if (/\.(json|mjs)$/.test(path)) found.push(path);
  else visit(path);
  return found;
}

/** Runs a command in the repository; its output is kept back and shown only if it fails. */
function runQuietly(command, args, name) {
  return new Promise((resolve, reject) => {
    const output = [];
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('error', (cause) =>
      reject(new PrepareError(`${name} cannot be started: ${cause.message}`)),
    );
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else {
        const text = Buffer.concat(output).toString('utf8').trimEnd();
        reject(new PrepareError(`${text}\n\n${name} failed (${signal ?? `exit ${code}`}).`));
      }
    });
  });
}

function progress(line) {
  process.stderr.write(`${line}\n`);
}

/** For the scripts' entry points: a failed preparation is a message and exit 1, not a stack. */
export async function prepareOrExit(options) {
  try {
    await prepare(options);
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await prepareOrExit({ build: !process.argv.includes('--no-build') });
}
