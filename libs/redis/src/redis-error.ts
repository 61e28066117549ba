/**
 * What went wrong with a connection to Redis:
 *
 * | code | meaning |
 * |---|---|
 * | `unavailable` | not connected at the moment; nothing was queued, the caller decides what to do |
 * | `unreachable` | the first connection could not be made in time |
 * | `unauthorized` | Redis refused the credentials or the permission to do this |
 * | `untrusted` | the server's certificate cannot be trusted |
 * | `resp3-required` | the server does not speak RESP3, so one connection cannot do both |
 * | `rejected` | Redis answered with an error |
 * | `closed` | `close` was called before |
 */

import { errorMessage } from '@ccro/foreign-text';

export type RedisErrorCode =
  | 'unavailable'
  | 'unreachable'
  | 'unauthorized'
  | 'untrusted'
  | 'resp3-required'
  | 'rejected'
  | 'closed';

/** The environment's fault: `message` says what happened and what to do about it. */
export class RedisError extends Error {
  constructor(
    readonly code: RedisErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'RedisError';
  }
}

const UNAUTHORIZED = /^(NOAUTH|WRONGPASS|NOPERM)\b|invalid password|invalid username-password/i;
/** Errors that Redis itself answered with begin with a word in capitals, as in `OOM command ...`. */
const ANSWERED = /^[A-Z][A-Z0-9]+ /;

/** Node's codes for certificates that do not hold: OpenSSL's and its own. */
const UNTRUSTED =
  /^(CERT_|(DEPTH_ZERO_)?SELF_SIGNED_CERT|UNABLE_TO_(VERIFY|GET_ISSUER)|ERR_TLS_CERT_ALTNAME_INVALID)/;

/** True when the server's certificate was refused: trying again will not help. */
export function isUntrusted(error: unknown): boolean {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code !== undefined && UNTRUSTED.test(code);
}

/** Whether Redis received a command and refused it, so that nothing of it happened. */
export function isRefusal(error: unknown): error is Error {
  return error instanceof Error && ANSWERED.test(error.message);
}

/** Whether a command was never sent, because there was no connection to send it over. */
export function isUnsent(error: unknown): boolean {
  if (error instanceof RedisError) return error.code === 'unavailable' || error.code === 'closed';
  return error instanceof Error && error.message.startsWith("Stream isn't writeable");
}

/** True when Redis refused credentials or permission: trying again will not help. */
export function isUnauthorized(error: unknown): boolean {
  return error instanceof Error && UNAUTHORIZED.test(error.message);
}

/**
 * ioredis' failure of a command as one of ours: `unauthorized` or `rejected` when Redis answered
 * with an error, otherwise `unavailable`, since then the connection was or went away.
 */
export function commandFailure(command: string, url: string, cause: unknown): RedisError {
  if (cause instanceof RedisError) return cause;
  const reason = errorMessage(cause);
  if (isUnauthorized(cause)) return unauthorized(url, cause);
  if (isRefusal(cause)) {
    return new RedisError('rejected', `Redis at ${url} refused ${command}: ${reason}`, { cause });
  }
  return new RedisError(
    'unavailable',
    `The connection to Redis at ${url} broke during ${command}: ${reason}`,
    { cause },
  );
}

export function unauthorized(url: string, cause: unknown): RedisError {
  const reason = errorMessage(cause);
  return new RedisError(
    'unauthorized',
    `Redis at ${url} refused us: ${reason}. Check the user and password in REDIS_URL ` +
      '(redis://user:password@host:port) and what its ACL allows.',
    { cause },
  );
}

export function untrusted(url: string, cause: unknown): RedisError {
  const reason = errorMessage(cause);
  return new RedisError(
    'untrusted',
    `The certificate of Redis at ${url} is not trusted (${reason}). Set REDIS_CA_FILE to the ` +
      'certificate of the authority that issued it, and use the host name that it is for.',
    { cause },
  );
}

export function unreachable(url: string, timeoutMs: number, cause: unknown): RedisError {
  const reason = cause instanceof Error ? ` (${cause.message})` : '';
  return new RedisError(
    'unreachable',
    `No Redis answers at ${url} within ${timeoutMs} ms${reason}. Start one there ` +
      '(docker compose up redis, or redis-server), or set REDIS_URL or --redis-url to a running one.',
    { cause },
  );
}
