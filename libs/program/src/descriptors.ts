import { ConfigurationError } from '@ccro/cluster-config';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Where the system does not say: what most of them allow by default. */
const UNKNOWN_LIMIT = 1_024;
/** Modules, logs, pipes of children, connections to Redis and to those who measure. */
const OWN_FILES = 96;
/** LevelDB takes no less, its log and lock included, and needs no more. */
const STORE_FILES = { min: 74, max: 1_000 };
/** The part of what is left that one store may keep open, where that is within the bounds above. */
const STORE_SHARE = 1 / 64;
/** With fewer a program is of no use. */
const MIN_CONNECTIONS = 16;
/** However many files are allowed: each takes some 25 KiB of memory while its head is on its way. */
export const MAX_CONNECTIONS = 8192;

/**
 * The files and connections that this process may have open, and who may use how many of them:
 * what must not fail (the stores, Redis, the logs) is set aside, and callers' connections get the
 * rest.
 */
export class DescriptorBudget {
  private reserved = OWN_FILES;

  constructor(readonly limit: number) {}

  /** Connections that all HTTP servers of this process may hold together. */
  get connections(): number {
    return Math.min(this.left, MAX_CONNECTIONS);
  }

  /** Files that nothing is set aside for. */
  private get left(): number {
    return Math.max(this.limit - this.reserved, 0);
  }

  /**
   * Sets aside what one store may keep open.
   *
   * @returns how many files that are
   * @throws ConfigurationError when too few are left to accept any call
   */
  reserveStore(): number {
    const share = Math.floor(this.left * STORE_SHARE);
    const files = Math.min(Math.max(share, STORE_FILES.min), STORE_FILES.max);
    this.reserved += files;
    try {
      this.check();
    } catch (error) {
      this.reserved -= files;
      throw error;
    }
    return files;
  }

  /** A store that was closed needs nothing any more. */
  releaseStore(files: number): void {
    this.reserved -= files;
  }

  /** @throws ConfigurationError when the limit is too low for a program that is to be called */
  check(): void {
    if (this.connections >= MIN_CONNECTIONS) return;
    const needed = this.reserved + MIN_CONNECTIONS;
    throw new ConfigurationError(
      'the limit of open files',
      `is ${this.limit} for this process ('ulimit -n'); allowed: at least ${needed}, and better ` +
        "4096: raise it with 'ulimit -n 4096', LimitNOFILE= in systemd, or ulimits in Docker",
    );
  }
}

let own: DescriptorBudget | undefined;

/** That of this process, in which several nodes and a gateway may run. */
export function processDescriptors(): DescriptorBudget {
  own ??= new DescriptorBudget(openFilesLimit());
  return own;
}

/** How many files and connections this process may have open at a time. */
export function openFilesLimit(): number {
  return limitIn(readLimits()) ?? limitOfShell() ?? UNKNOWN_LIMIT;
}

/** @param limits content of /proc/self/limits; exported for tests */
export function limitIn(limits: string): number | undefined {
  const [, soft] = /^Max open files +(\S+)/m.exec(limits) ?? [];
  return asLimit(soft);
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}

/** A child has the limits of its parent. */
function limitOfShell(): number | undefined {
  try {
    const printed = execFileSync('/bin/sh', ['-c', 'ulimit -n'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return asLimit(printed.trim());
  } catch {
    return undefined;
  }
}

function asLimit(text: string | undefined): number | undefined {
  if (text === 'unlimited') return 2 ** 20;
  return text !== undefined && /^\d+$/.test(text) ? Math.min(Number(text), 2 ** 20) : undefined;
}
