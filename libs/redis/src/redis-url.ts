/**
 * The one parser of Redis URLs. Whatever connects to Redis takes its options from here, so that no
 * two parts of the system understand a URL differently.
 *
 * Invariant kept here: no message shows any part of a URL that may hold a secret. Of a URL that
 * cannot be used nothing is shown at all, since its password may be in the wrong place.
 */

import { RedisError } from './redis-error.js';

export const DEFAULT_REDIS_PORT = 6379;

const FORM = 'redis://[user:password@]host:port[/database] (rediss:// for TLS)';
const HOST = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9_.])?$/;
const DATABASE = /^\/(0|[1-9]\d{0,8})$/;
const WRITTEN_SO = 'write % as %25, @ as %40, / as %2F, ? as %3F and # as %23 in user and password';

/** What a URL says. Shown without user and password, however it is printed. */
export class RedisUrl {
  readonly #user: string;
  readonly #password: string;

  /** @throws RedisUrlError */
  constructor(text: string) {
    const url = parsed(text);
    this.tls = url.protocol === 'rediss:';
    this.host = hostOf(url);
    this.port = portOf(url);
    this.database = databaseOf(url);
    this.#user = decoded(url.username);
    this.#password = decoded(url.password);
  }

  readonly tls: boolean;
  /** As the operating system takes it: an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly database: number;

  /** Undefined: Redis' own default user. */
  get user(): string | undefined {
    return this.#user === '' ? undefined : this.#user;
  }

  get password(): string | undefined {
    return this.#password === '' ? undefined : this.#password;
  }

  /** True when it says who connects: then it is not for everybody's eyes. */
  get namesUser(): boolean {
    return this.#user !== '' || this.#password !== '';
  }

  /** Whether it is on this machine. */
  get isLoopback(): boolean {
    return this.host === 'localhost' || this.host === '::1' || /^127\.[\d.]+$/.test(this.host);
  }

  /** With everything in it, in the one spelling; for settings, never for a message. */
  get href(): string {
    return this.namesUser ? this.withUser(this.#user, this.#password) : this.shown;
  }

  /** The same place for another user. */
  withUser(user: string, password: string): string {
    const who = `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`;
    return this.shown.replace('://', `://${who}`);
  }

  /** As it may be shown: without user and password. */
  get shown(): string {
    const host = this.host.includes(':') ? `[${this.host}]` : this.host;
    const database = this.database === 0 ? '' : `/${this.database}`;
    return `${this.tls ? 'rediss' : 'redis'}://${host}:${this.port}${database}`;
  }

  toString(): string {
    return this.shown;
  }

  toJSON(): string {
    return this.shown;
  }

  /** For Node's `inspect`, and so for its errors and logs. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.shown;
  }
}

/** What is wrong with a URL of Redis, and what is allowed; shows nothing of it. */
export class RedisUrlError extends RedisError {
  /** @param problem goes after the name of a setting */
  constructor(readonly problem: string) {
    super('unreachable', `The URL of Redis ${problem}. Correct REDIS_URL or --redis-url.`);
    this.name = 'RedisUrlError';
  }
}

/** The problem with `text` as a URL of Redis, without showing it; undefined when there is none. */
export function redisUrlProblem(text: string): string | undefined {
  try {
    void new RedisUrl(text);
    return undefined;
  } catch (error) {
    if (error instanceof RedisUrlError) return error.problem;
    throw error;
  }
}

function parsed(text: string): URL {
  // The WHATWG parser passes over these, and ioredis does not.
  if (/[\s\p{Cc}]/u.test(text)) throw refused('has white space or control characters in it');
  if (/^(?:[a-z]+\+)?unix:/i.test(text) || /^\.{0,2}\//.test(text)) {
    throw refused('names a Unix socket, which only this machine could use');
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && !/^rediss?:$/.test(url.protocol)) {
    throw refused('does not start with redis:// or rediss://');
  }
  if (!/^rediss?:\/\//i.test(text)) throw refused('does not start with redis:// or rediss://');
  if (url === undefined) {
    throw refused(`cannot be read: its host or port is none, unless a password is: ${WRITTEN_SO}`);
  }
  if (text.includes('?')) {
    throw refused(`has query parameters, and there are none for Redis (${WRITTEN_SO})`);
  }
  if (text.includes('#')) throw refused(`has a fragment, which means nothing (${WRITTEN_SO})`);
  return url;
}

function hostOf({ hostname }: URL): string {
  if (hostname === '') throw refused('names no host');
  const inBrackets = /^\[(.+)\]$/.exec(hostname)?.[1];
  // What the URL parser takes in brackets is an IPv6 address.
  if (inBrackets !== undefined) return inBrackets;
  if (!HOST.test(hostname)) throw refused('names a host that is none');
  return hostname.toLowerCase();
}

function portOf({ port }: URL): number {
  if (port === '') return DEFAULT_REDIS_PORT;
  const number = Number(port);
  if (number === 0) throw refused('names port 0, on which nothing listens');
  return number;
}

function databaseOf({ pathname }: URL): number {
  if (pathname === '' || pathname === '/') return 0;
  const [, number] = DATABASE.exec(pathname) ?? [];
  if (number === undefined) {
    throw refused(`has a path that is no database number, such as /1 (${WRITTEN_SO})`);
  }
  return Number(number);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw refused(`has a % in its user or password that stands for nothing: ${WRITTEN_SO}`);
  }
}

function refused(problem: string): RedisUrlError {
  return new RedisUrlError(`${problem}; allowed: ${FORM}`);
}
