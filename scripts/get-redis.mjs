/**
 * Finds a redis-server for the tests, which start servers of their own on free ports. In order:
 * one named in the environment, one on PATH, one fetched earlier; else Debian's package, installed
 * when we are root and unpacked under node_modules/.cache when we are not.
 */
import { execFile } from 'node:child_process';
import { accessSync, chmodSync, constants, existsSync, mkdirSync } from 'node:fs';
import { readdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const CACHE = fileURLToPath(new URL('../node_modules/.cache/ccro-redis', import.meta.url));
const PACKAGES = ['redis-server', 'redis-tools', 'liblzf1', 'libjemalloc2', 'libatomic1'];
const HOW_TO_GET_ONE = [
  'The tests need a Redis server and none could be found or fetched. Any one of these helps:',
  '  - install redis-server so that it is on PATH (apt-get install redis-server,',
  '    dnf install redis, brew install redis),',
  '  - set CCRO_TEST_REDIS_SERVER to the path of a redis-server binary,',
  '  - set REDIS_URL to a running server, e.g. redis://127.0.0.1:6379.',
].join('\n');

export class RedisUnavailableError extends Error {}

/**
 * Resolves to `{ source, env }`. `env` holds what the tests read:
 * CCRO_TEST_REDIS_SERVER and CCRO_TEST_REDIS_CLI (paths to binaries that run as they are) and
 * REDIS_URL if it was set. With REDIS_URL set, having no binary is not an error.
 * Throws `RedisUnavailableError`, whose message says how to get a server.
 */
export async function getRedis() {
  const url = process.env.REDIS_URL;
  const found = (await findInstalled()) ?? (await findCached());
  if (found) return describe(found, url);

  const attempts = [];
  // A user with a server of their own has not asked for a package to be installed on the machine.
  const ways = url ? [unpackPackages] : [installPackage, unpackPackages];
  for (const way of ways) {
    try {
      const fetched = await way();
      if (fetched) return describe(fetched, url);
    } catch (error) {
      attempts.push(`  ${way.name}: ${String(error.stderr || error.message).trim()}`);
    }
  }
  if (url) return { source: `only the server at REDIS_URL`, env: { REDIS_URL: url } };
  throw new RedisUnavailableError([HOW_TO_GET_ONE, 'What was tried:', ...attempts].join('\n'));
}

function describe({ serverPath, cliPath, how }, url) {
  const env = {
    CCRO_TEST_REDIS_SERVER: serverPath,
    ...(cliPath ? { CCRO_TEST_REDIS_CLI: cliPath } : {}),
    ...(url ? { REDIS_URL: url } : {}),
  };
  return { source: `${serverPath} (${how})`, env };
}

async function findInstalled() {
  const named = process.env.CCRO_TEST_REDIS_SERVER;
  if (named) {
    const cliPath = process.env.CCRO_TEST_REDIS_CLI ?? which('redis-cli');
    return { ...(await verified(named, cliPath)), how: 'CCRO_TEST_REDIS_SERVER' };
  }
  const serverPath = which('redis-server');
  if (!serverPath) return undefined;
  return { ...(await verified(serverPath, which('redis-cli'))), how: 'on PATH' };
}

async function findCached() {
  const serverPath = join(CACHE, 'bin', 'redis-server');
  if (!existsSync(serverPath)) return undefined;
  try {
    const cliPath = join(CACHE, 'bin', 'redis-cli');
    return { ...(await verified(serverPath, cliPath)), how: 'fetched earlier' };
  } catch {
    rmSync(CACHE, { recursive: true, force: true }); // made on another system: fetch it again
    return undefined;
  }
}

async function installPackage() {
  if (process.getuid?.() !== 0 || !which('apt-get')) return undefined;
  progress('Installing redis-server for the tests (apt-get) ...');
  // Run level 1 keeps Debian's scripts from starting a service; the tests start their own.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const install = ['install', '-y', '--no-install-recommends', 'redis-server'];
  try {
    await run('apt-get', install, { env });
  } catch {
    await run('apt-get', ['update'], { env }); // a fresh image has no package lists yet
    await run('apt-get', install, { env });
  }
  const found = await findInstalled();
  return found && { ...found, how: 'installed by apt-get' };
}

/** Without root: Debian's packages, unpacked under node_modules/.cache and run from there. */
async function unpackPackages() {
  if (!which('apt-get') || !which('dpkg')) {
    throw new Error('apt-get and dpkg are needed for it and are not on PATH');
  }
  progress('Fetching redis-server for the tests (about 2 MB) ...');
  const work = `${CACHE}.${process.pid}`;
  try {
    mkdirSync(join(work, 'deb'), { recursive: true });
    await downloadPackages(work);
    for (const file of readdirSync(join(work, 'deb')).filter((name) => name.endsWith('.deb'))) {
      await run('dpkg', ['-x', join(work, 'deb', file), join(work, 'root')]);
    }
    rmSync(join(work, 'deb'), { recursive: true });
    rmSync(CACHE, { recursive: true, force: true });
    renameSync(work, CACHE);
    writeLaunchers();
    const serverPath = join(CACHE, 'bin', 'redis-server');
    const cliPath = join(CACHE, 'bin', 'redis-cli');
    return { ...(await verified(serverPath, cliPath)), how: 'unpacked from Debian packages' };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function downloadPackages(work) {
  const download = (options) =>
    run('apt-get', [...options, 'download', ...PACKAGES], { cwd: join(work, 'deb') });
  try {
    await download([]);
  } catch {
    // No package lists on this machine: fetch them into a place of our own, as any user can.
    const own = ['State', 'State::lists', 'Cache'].map((kind) => {
      const directory = join(work, 'apt', kind.replace('::', '-'));
      mkdirSync(join(directory, 'partial'), { recursive: true });
      return `-oDir::${kind}=${directory}`;
    });
    const options = [...own, '-oDir::State::status=/var/lib/dpkg/status', '-oAPT::Sandbox::User='];
    await run('apt-get', [...options, 'update']);
    await download(options);
    rmSync(join(work, 'apt'), { recursive: true, force: true });
  }
}

/** The binaries need libraries that lie beside them; a launcher sets that for them alone. */
function writeLaunchers() {
  const root = join(CACHE, 'root');
  const libraries = readdirSync(join(root, 'usr', 'lib'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.includes('-linux-'))
    .map((entry) => join(root, 'usr', 'lib', entry.name))
    .join(delimiter);
  mkdirSync(join(CACHE, 'bin'), { recursive: true });
  // redis-server decides by its own name what it is, hence argv[0] stays the binary's path.
  for (const name of ['redis-server', 'redis-cli']) {
    const launcher = join(CACHE, 'bin', name);
    const binary = join(root, 'usr', 'bin', name);
    const script = [
      '#!/bin/sh',
      `LD_LIBRARY_PATH=${quoted(libraries)}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}`,
      'export LD_LIBRARY_PATH',
      `exec ${quoted(binary)} "$@"`,
      '',
    ].join('\n');
    writeFileSync(launcher, script);
    chmodSync(launcher, 0o755);
  }
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

async function verified(serverPath, cliPath) {
  const { stdout } = await run(serverPath, ['--version']).catch((error) => {
    throw new RedisUnavailableError(`${serverPath} does not run: ${error.message}`);
  });
  if (!/redis|valkey/i.test(stdout)) {
    throw new RedisUnavailableError(`${serverPath} is not a Redis server.`);
  }
  return { serverPath, cliPath };
}

function which(name) {
  for (const directory of (process.env.PATH ?? '').split(delimiter).filter(Boolean)) {
    try {
      const file = join(directory, name);
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not here; look further
    }
  }
  return undefined;
}

function progress(line) {
  process.stderr.write(`${line}\n`);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    const { env } = await getRedis();
    for (const [name, value] of Object.entries(env)) console.log(`export ${name}=${quoted(value)}`);
  } catch (error) {
    if (!(error instanceof RedisUnavailableError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
