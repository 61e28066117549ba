/**
 * What Redis refuses, in words and with what to do about it: kept while it lasts, and told once when
 * it begins and once when it is over.
 */

import { errorMessage } from '@ccro/foreign-text';

/** Something that Redis refuses. */
export interface Trouble {
  /** Redis' own word, as in `READONLY`, or one of ours in small letters. */
  readonly code: string;
  /** What is the matter and what to do, in one line. */
  readonly text: string;
}

export interface TroubleChange {
  readonly trouble: Trouble;
  /** False when it is over. */
  readonly present: boolean;
}

/** What to do, by the word that Redis' answer begins with. */
const ADVICE: Readonly<Record<string, string>> = {
  READONLY:
    'it is a replica, which takes no writes: let REDIS_URL name the primary, or promote this one',
  NOPERM:
    'its user may not do that: give it the rules that `keygen --redis-acl` makes (docs/SECURITY.md)',
  WRONGPASS: 'user or password is wrong: correct REDIS_URL and start this process anew',
  NOAUTH: 'it wants a user and a password: put them into REDIS_URL and start this process anew',
  OOM: 'its memory is full: raise maxmemory, or remove what else is kept in it',
  MISCONF: 'it cannot write its data to the disk: make room there and look into its log',
  LOADING: 'it is loading its data: wait until it is done',
  MASTERDOWN: 'it is a replica that has lost its primary: let REDIS_URL name the primary',
  CLUSTERDOWN: 'its Redis Cluster is down: bring back the nodes of it that are missing',
  MOVED: 'it is one part of a Redis Cluster: use a Redis that is none',
  ASK: 'it is one part of a Redis Cluster: use a Redis that is none',
  CROSSSLOT: 'it is one part of a Redis Cluster: use a Redis that is none',
  NOREPLICAS: 'too few of its replicas are there: bring them back, or lower min-replicas-to-write',
  BUSY: 'a script keeps it busy: wait, or end that with SCRIPT KILL',
};

const OURS: readonly (readonly [RegExp, string, string])[] = [
  [
    /max number of clients reached/i,
    'max-clients',
    'it has as many clients as it takes: raise maxclients, or close some',
  ],
  [
    /DB index is out of range|SELECT is not allowed/i,
    'no-database',
    'it has no database of that number: raise `databases` in its configuration, or change REDIS_URL',
  ],
  [
    /invalid (username-)?password/i,
    'WRONGPASS',
    'user or password is wrong: correct REDIS_URL and start this process anew',
  ],
  [
    /^Redis said nothing for/,
    'silent',
    'the connection is made anew: look whether Redis stands still, or the network loses packets',
  ],
];

/** What an error of ioredis says that Redis refuses; undefined for a connection that is just away. */
export function troubleOf(error: unknown): Trouble | undefined {
  if (error instanceof TroubleError) return error.trouble;
  const message = messageOf(error);
  for (const [pattern, code, advice] of OURS) {
    if (pattern.test(message)) return { code, text: `${oneLine(message)}: ${advice}` };
  }
  const [word = ''] = /^[A-Z]+(?=\b)/.exec(message) ?? [];
  const advice = Object.hasOwn(ADVICE, word) ? ADVICE[word] : undefined;
  return advice === undefined ? undefined : { code: word, text: `${oneLine(message)}: ${advice}` };
}

/** A trouble that is found by looking, not by being refused. */
export class TroubleError extends Error {
  constructor(readonly trouble: Trouble) {
    super(trouble.text);
    this.name = 'TroubleError';
  }
}

/** A transaction says only that it was refused; the command that was says why. */
function messageOf(error: unknown): string {
  const { previousErrors } = error as { readonly previousErrors?: readonly unknown[] };
  const cause = previousErrors?.[0] ?? error;
  return errorMessage(cause);
}

function oneLine(text: string): string {
  return text
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .replace(/\.?\s*$/, '')
    .slice(0, 200);
}

export class Troubles {
  private readonly byAction = new Map<string, Trouble>();
  private readonly listeners: ((change: TroubleChange) => void)[] = [];

  /** Cheap to ask before `over` is called. */
  get any(): boolean {
    return this.byAction.size > 0;
  }

  /** All there are, each once. */
  get present(): readonly Trouble[] {
    return [...new Map([...this.byAction.values()].map((each) => [each.code, each])).values()];
  }

  /** Why nobody should count on this connection; undefined when one may. */
  get reason(): string | undefined {
    const [trouble] = this.present;
    return trouble === undefined ? undefined : `Redis: ${trouble.text}`;
  }

  /** Adds a listener for each trouble that begins or is over. */
  onChange(listener: (change: TroubleChange) => void): void {
    this.listeners.push(listener);
  }

  /**
   * `action` failed. Whatever else was the matter with it is over.
   *
   * @returns what it was, if Redis refused it
   */
  failed(action: string, error: unknown): Trouble | undefined {
    const trouble = troubleOf(error);
    const before = this.byAction.get(action);
    if (trouble === undefined || before?.code === trouble.code) return trouble;
    const isNew = !this.has(trouble.code);
    this.byAction.set(action, trouble);
    if (before !== undefined && !this.has(before.code)) this.tell(before, false);
    if (isNew) this.tell(trouble, true);
    return trouble;
  }

  /** `action` succeeded. */
  over(action: string): void {
    const before = this.byAction.get(action);
    if (before === undefined) return;
    this.byAction.delete(action);
    if (!this.has(before.code)) this.tell(before, false);
  }

  private has(code: string): boolean {
    return [...this.byAction.values()].some((each) => each.code === code);
  }

  private tell(trouble: Trouble, present: boolean): void {
    for (const listener of this.listeners) listener({ trouble, present });
  }
}

/** What the log says of a change. */
export function troubleText({ trouble, present }: TroubleChange): string {
  return present ? `Redis: ${trouble.text}` : `Redis: ${trouble.code} is over, all is well again`;
}
