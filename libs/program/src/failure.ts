import { printable, printableLines } from './printable.js';

/** Errors of the environment: their message says what is wrong and what to do. */
const EXPLAINED = new Set([
  'BrokerError',
  'ChunkError',
  'ConfigurationError',
  'NodeProcessError',
  'OptionError',
  'OutputError',
  'RedisError',
  'RedisServerError',
  'ResultsError',
  'StartFailure',
  'StoreError',
]);

/** Of every program: it did not do what it was asked to, and why is in what it printed. */
const FAILURE_EXIT_CODE = 1;
/** Of every program: an option or an argument is wrong; nothing was done. */
export const USAGE_EXIT_CODE = 2;

/** An option that cannot be used: the message names it, its value if that may be shown, and what is allowed. */
export class OptionError extends Error {
  constructor(option: string, value: string | undefined, allowed: string) {
    super(`--${option}${value === undefined ? '' : ` ${value}`} cannot be used: ${allowed}`);
    this.name = 'OptionError';
  }
}

type SystemError = Error & {
  readonly [key in 'code' | 'syscall' | 'address' | 'hostname' | 'port' | 'path']?: unknown;
};

/** What the system says when something runs out or is not allowed, and what helps. */
const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: make room, then start again',
  EDQUOT: 'the disk quota is used up: make room, then start again',
  EROFS: 'the file system is read-only: choose another directory',
  EISDIR: 'it is a directory: name a file',
  ENOTDIR: 'it is no directory, or a part of the path is none: choose another place',
  EEXIST: 'something else is there already: choose another place',
  ENOENT: 'it is not there, and cannot be made there: correct the path',
  ELOOP: 'its links lead in a circle: choose another place',
  ENAMETOOLONG: 'the name is too long: choose a shorter one',
  EACCES: 'the permissions do not allow it: correct them, or choose another place',
  EPERM: 'the system does not allow it: correct the permissions, or choose another place',
  EMFILE:
    "this process has used up its open files and connections: raise its limit ('ulimit -n', " +
    'LimitNOFILE= in systemd, ulimits in Docker) and start again',
  ENFILE: 'this machine has used up its open files: raise fs.file-max (sysctl), or stop others',
};

/**
 * What a program prints before it ends: one line for the environment's faults, the stack for
 * ours.
 *
 * @param portSetting how the user chooses another port, e.g. `GATEWAY_PORT`
 */
export function explainFailure(error: unknown, portSetting: string): string {
  if (!(error instanceof Error)) return printable(String(error));
  const { code, syscall, path, message } = error as SystemError;
  if (syscall === 'listen' || syscall === 'getaddrinfo') {
    return printable(explainListening(error, portSetting));
  }
  if (EXPLAINED.has(error.name)) return printableLines(message);
  const help = typeof code === 'string' ? SYSTEM_ERRORS[code] : undefined;
  if (help === undefined) return printableLines(error.stack ?? message);
  return printable(`${typeof path === 'string' ? `${path}: ` : ''}${help} (${message})`);
}

/** Why a server cannot listen where it was told to: its port is at fault, or its address. */
function explainListening(
  { code, port, address, hostname, message }: SystemError,
  portSetting: string,
): string {
  if (code === 'EADDRINUSE') {
    return `port ${String(port)} is taken: set ${portSetting} to another one (0: any free one)`;
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return (
      `port ${String(port)} is not for every user (${message}): set ${portSetting} to one from ` +
      '1024 on (0: any free one)'
    );
  }
  const host = JSON.stringify(address ?? hostname);
  return (
    `HTTP_HOST is ${host}, where this machine cannot listen (${message}); allowed: an address of ` +
    'its own, such as 127.0.0.1, or 0.0.0.0 for all of them'
  );
}

/** The exit status for what kept a program from its work. */
export function exitCodeOf(error: unknown): number {
  const isUsage = error instanceof Error && (error.name === 'OptionError' || isOfAnOption(error));
  return isUsage ? USAGE_EXIT_CODE : FAILURE_EXIT_CODE;
}

/** A setting may come from an option or from the environment; the error names it as it was given. */
function isOfAnOption(error: Error & { readonly setting?: unknown }): boolean {
  return typeof error.setting === 'string' && error.setting.startsWith('--');
}
