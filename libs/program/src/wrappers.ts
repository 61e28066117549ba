import { readFileSync } from 'node:fs';

const LOOK_INTERVAL_MS = 500;
/** More than npx, its shell and the CLI. */
const MAX_WRAPPERS = 6;
/** `nest start`, what it starts through a shell, and npm and npx: programs that end when their child does. */
const WRAPPER =
  /(^|[/ ])(nest(\.js)? start|npm(-cli\.js)? |npx(-cli\.js)? |(ba|da)?sh -c .*nest start|\S*\/src\/start(\.js)?\b)/;

/**
 * Ends this process, in order, when a wrapper that it was started through has ended: users
 * who kill a wrapper expect what it runs to end with it. A shell or a supervisor is no wrapper: what
 * was started from one may outlive it.
 */
export function endWithWrappers(): void {
  const chain = wrapperChain(process.ppid, processOf);
  if (chain.length === 0) return;
  const isAlive = (): boolean => process.ppid === chain[0] && isWhole(chain, processOf);
  endOnceNot(isAlive, () => process.kill(process.pid, 'SIGTERM'));
}

/** Ends once: a second signal would end the process at once, in no order. Exported for tests. */
export function endOnceNot(isAlive: () => boolean, end: () => void): void {
  const timer = setInterval(() => {
    if (isAlive()) return;
    clearInterval(timer);
    end();
  }, LOOK_INTERVAL_MS).unref();
}

interface ProcessFacts {
  readonly command: string;
  readonly parent: number;
}

type Lookup = (pid: number) => ProcessFacts | undefined;

/** Process ids of the wrappers above a process, its parent first. Exported for tests. */
export function wrapperChain(parent: number, lookup: Lookup): number[] {
  const chain: number[] = [];
  for (let pid = parent; chain.length < MAX_WRAPPERS;) {
    const facts = lookup(pid);
    if (facts === undefined || !WRAPPER.test(facts.command)) break;
    chain.push(pid);
    pid = facts.parent;
  }
  return chain;
}

/** Whether each of the chain is still the child of the next. Exported for tests. */
export function isWhole(chain: readonly number[], lookup: Lookup): boolean {
  return chain.every((pid, index) => {
    const next = chain[index + 1];
    return next === undefined || lookup(pid)?.parent === next;
  });
}

/** Where there is no /proc nothing is found, and nothing is watched. */
function processOf(pid: number): ProcessFacts | undefined {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name, in brackets, may hold spaces: count from behind it.
    const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { command, parent: Number(parent) };
  } catch {
    return undefined;
  }
}
