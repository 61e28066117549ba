import { BrokerError } from '../broker-error.js';

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

/** True when Redis refused credentials or permission: trying again will not help. */
export function isUnauthorized(error: unknown): boolean {
  return error instanceof Error && UNAUTHORIZED.test(error.message);
}

/**
 * ioredis' failure of a command as one of ours: `unauthorized` or `rejected` when Redis answered
 * with an error, otherwise `unavailable`, since then the connection was or went away.
 */
export function commandFailure(command: string, url: string, cause: unknown): BrokerError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (isUnauthorized(cause)) return unauthorized(url, cause);
  if (ANSWERED.test(reason)) {
    return new BrokerError('rejected', `Redis at ${url} refused ${command}: ${reason}`, { cause });
  }
  return new BrokerError(
    'unavailable',
    `The connection to Redis at ${url} broke during ${command}: ${reason}`,
    { cause },
  );
}

export function unauthorized(url: string, cause: unknown): BrokerError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BrokerError(
    'unauthorized',
    `Redis at ${url} refused us: ${reason}. Check the user and password in REDIS_URL ` +
      '(redis://user:password@host:port) and what its ACL allows.',
    { cause },
  );
}

export function untrusted(url: string, cause: unknown): BrokerError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BrokerError(
    'untrusted',
    `The certificate of Redis at ${url} is not trusted (${reason}). Set REDIS_CA_FILE to the ` +
      'certificate of the authority that issued it, and use the host name that it is for.',
    { cause },
  );
}

export function unreachable(url: string, timeoutMs: number, cause: unknown): BrokerError {
  const reason = cause instanceof Error ? ` (${cause.message})` : '';
  return new BrokerError(
    'unreachable',
    `No Redis answers at ${url} within ${timeoutMs} ms${reason}. Start one there ` +
      '(docker compose up redis, or redis-server), or set REDIS_URL or --redis-url to a running one.',
    { cause },
  );
}
