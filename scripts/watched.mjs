/**
 * `nest start`: builds what is not built, as every npm command does and one at a time, and becomes the built
 * program. With `--watch` it builds anew when a source changed, and starts the program again; a source that
 * does not compile leaves the program that runs alone.
 */
import { spawn } from 'node:child_process';
import { readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepare, PrepareError, prepareOrExit, ROOT } from './prepare.mjs';

const SOURCES = ['apps', 'libs', 'types'].map((folder) => join(ROOT, folder));
const IS_SOURCE = /\.tsx?$/;
const IS_SPEC = /\.(spec|contract|testkit)\.tsx?$/;
/** Editors save several files, and each of them more than once. */
const SETTLE_MS = 200;
const LOOK_INTERVAL_MS = 500;

/** `nest` starts programs through a shell. */
const MAX_STEPS_UP = 3;

/** What `nest start` runs as the program `name`. Takes this process over, or ends it. */
export async function startProgram(name) {
  await prepareOrExit();
  const program = join(ROOT, 'dist', 'programs', `${name}.js`);
  if (isWatched()) runWatched(program);
  else await import(pathToFileURL(program).href);
}

/** Whether `nest start` above this process was told to watch. False where there is no /proc. */
export function isWatched(parent = process.ppid) {
  try {
    for (let pid = parent, steps = 0; pid > 1 && steps < MAX_STEPS_UP; steps += 1) {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      if (words.includes('start')) return words.includes('--watch') || words.includes('-w');
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      pid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    }
    return false;
  } catch {
    return false;
  }
}

/**
 * Runs the program until this process is told to end, or whoever started it is gone, and again whenever a source
 * changed.
 */
export function runWatched(program, { folders = SOURCES, build = prepare } = {}) {
  let child = start(program);
  const parent = process.ppid;
  let timer;
  let building = Promise.resolve();
  const restart = async () => {
    try {
      await build();
    } catch (error) {
      if (!(error instanceof PrepareError)) throw error;
      process.stderr.write(`${error.message}\nThe program goes on as it was.\n`);
      return;
    }
    process.stderr.write('A source changed: starting again ...\n');
    await ended(child);
    child = start(program);
  };
  for (const folder of folders) {
    watch(folder, { recursive: true }, (_event, file) => {
      if (file === null || !IS_SOURCE.test(file) || IS_SPEC.test(file)) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        building = building.then(restart);
      }, SETTLE_MS);
    });
  }
  const end = (signal) => void ended(child, signal).then((code) => process.exit(code ?? 0));
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, end);
  setInterval(() => process.ppid === parent || end('SIGTERM'), LOOK_INTERVAL_MS);
}

function start(program) {
  return spawn(process.execPath, [program], { cwd: ROOT, stdio: 'inherit' });
}

/** Resolves to the exit status. */
function ended(child, signal = 'SIGTERM') {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill(signal);
  });
}
