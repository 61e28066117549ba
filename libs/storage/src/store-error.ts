/** What is wrong with a store. */
export type StoreErrorCode =
  /** Its content is not what was written: it must not be started from. */
  | 'damaged'
  /** Another process has it open. */
  | 'locked'
  /** It belongs to another node, cluster or version. */
  | 'foreign'
  /** It cannot be read or written (full disk, permissions). */
  | 'unavailable';

/** Says in one line what is wrong with a store and what to do about it. */
export class StoreError extends Error {
  constructor(
    readonly code: StoreErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message.replace(/\s+/g, ' '), options);
    this.name = 'StoreError';
  }
}

/** A store does not hold what was written to it. The message says what was found. */
export class Damage extends Error {
  constructor(found: string) {
    super(found);
    this.name = 'Damage';
  }
}

/** A file that the database names and that is not there. */
const MISSING_FILE = 'No such file or directory';

/** Says what an error of the database or the file system means for the store in `directory`. */
export function storeFailure(directory: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { code, message } = innermost(error);
  const options = { cause: error };
  if (error instanceof Damage || code === 'LEVEL_CORRUPTION' || isMissingFile(code, message)) {
    return damaged(directory, message, options);
  }
  if (code === 'LEVEL_LOCKED') {
    return new StoreError(
      'locked',
      `another process has the store in ${directory} open: stop it first, or use another directory`,
      options,
    );
  }
  return new StoreError(
    'unavailable',
    `the store in ${directory} cannot be read or written (${message}): ${remedyFor(code, message)}, ` +
      'and start the node again; what was confirmed is still there',
    options,
  );
}

/** What helps against what the system said. LevelDB passes on its words, not its codes. */
const REMEDIES: readonly (readonly [said: RegExp, remedy: string])[] = [
  [
    /EMFILE|Too many open files/i,
    "this process has used up its open files and connections: raise its limit ('ulimit -n', " +
      'LimitNOFILE= in systemd, ulimits in Docker)',
  ],
  [
    /ENFILE|Too many open files in system/i,
    'this machine has used up its open files: raise fs.file-max (sysctl), or stop other programs',
  ],
  [/ENOSPC|EDQUOT|No space left|quota exceeded/i, 'the disk is full: make room on it'],
  [/EROFS|Read-only file system/i, 'the disk is read-only: mount it for writing'],
  [/EACCES|EPERM|Permission denied|not permitted/i, 'correct the permissions of the directory'],
];

function remedyFor(code: string | undefined, message: string): string {
  const said = `${code ?? ''} ${message}`;
  // The longer of two sayings, of which one holds the other, is the more exact.
  const known = REMEDIES.filter(([pattern]) => pattern.test(said)).at(-1);
  return known?.[1] ?? 'make room on the disk or correct the permissions';
}

function damaged(directory: string, found: string, options: ErrorOptions): StoreError {
  return new StoreError(
    'damaged',
    `the store in ${directory} is damaged: ${found}. A node that starts from it may contradict ` +
      'what it signed before. Replace the node as docs/OPERATIONS.md describes: give it an empty ' +
      "directory once the slots it took part in lie below the cluster's stable checkpoint",
    options,
  );
}

function isMissingFile(code: string | undefined, message: string): boolean {
  return code === 'LEVEL_IO_ERROR' && message.includes(MISSING_FILE);
}

/** abstract-level wraps what LevelDB said when a database does not open. */
function innermost(error: unknown): {
  readonly code: string | undefined;
  readonly message: string;
} {
  if (!(error instanceof Error)) return { code: undefined, message: String(error) };
  if (error.cause instanceof Error) return innermost(error.cause);
  const { code } = error as { readonly code?: unknown };
  return { code: typeof code === 'string' ? code : undefined, message: error.message };
}
