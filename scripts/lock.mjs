/**
 * A lock between processes, as a file. For what only one npm command at a time may do in a working
 * copy. Uses nothing but Node itself, because it is needed before anything is installed.
 *
 * - The file is made in one step and names its process: whoever finds it waits.
 * - The lock of a process that has ended is taken over. Whether it has is asked of the system, by
 *   its id and the time at which it started, as ids are given away again.
 * - Of several that find such a lock one takes it away, under a directory that is made in one step.
 */
import {
  linkSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

const LOOK_INTERVAL_MS = 100;
/** The holder says so often that it is alive, for those who cannot see its process. */
const SIGN_OF_LIFE_MS = 2_000;
/** A holder on another machine (or in another container) without a sign of life has ended. */
const LIFELESS_AFTER_MS = 60_000;
/** Taking a lock away is a matter of microseconds: who holds this for longer has ended. */
const TAKING_AWAY_MS = 10_000;
/** Between two lines that say that it still waits. */
const SAY_INTERVAL_MS = 15_000;

/**
 * Does `work` while no other process that uses the same file does.
 *
 * @param file where the lock is
 * @param onWait told of the process that is waited for, at first and every 15 s
 */
export async function withLock(file, work, onWait) {
  await take(file, onWait);
  const sign = setInterval(() => touch(file), SIGN_OF_LIFE_MS);
  // An orderly end, of process.exit too, leaves no lock behind.
  const release = () => rmSync(file, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    clearInterval(sign);
    process.off('exit', release);
    release();
  }
}

async function take(file, onWait) {
  let saidAt = -Infinity;
  while (!make(file)) {
    const holder = read(file);
    if (holder === undefined) continue; // it was released a moment ago
    if (hasEnded(holder, file)) takeAway(file);
    else {
      if (performance.now() - saidAt >= SAY_INTERVAL_MS) {
        saidAt = performance.now();
        onWait(holder);
      }
      await delay(LOOK_INTERVAL_MS);
    }
  }
}

/** Makes the file with its content in one step. @returns whether there was none */
function make(file) {
  const own = `${file}.${process.pid}`;
  const { pid } = process;
  writeFileSync(own, JSON.stringify({ pid, host: hostname(), startedAt: startOf(pid) }));
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

/** @returns undefined when there is no lock; a content that is none is nobody's */
function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) ?? {};
  } catch (error) {
    return error.code === 'ENOENT' ? undefined : {};
  }
}

function hasEnded({ pid, host, startedAt }, file) {
  if (!Number.isSafeInteger(pid)) return true;
  if (host !== hostname()) return ageOf(file) > LIFELESS_AFTER_MS;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') return true;
  }
  const start = startOf(pid);
  return start !== undefined && startedAt !== undefined && start !== startedAt;
}

function takeAway(file) {
  const taking = `${file}.taking`;
  try {
    mkdirSync(taking);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (ageOf(taking) > TAKING_AWAY_MS) remove(taking);
    return; // another one is at it: look again
  }
  try {
    const holder = read(file);
    if (holder !== undefined && hasEnded(holder, file)) rmSync(file, { force: true });
  } finally {
    remove(taking);
  }
}

function remove(directory) {
  try {
    rmdirSync(directory);
  } catch {
    // Another one did.
  }
}

function ageOf(path) {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function touch(file) {
  try {
    utimesSync(file, new Date(), new Date());
  } catch {
    // The next one tells as well.
  }
}

/** When a process started, in ticks since the machine did; undefined where there is no /proc. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
