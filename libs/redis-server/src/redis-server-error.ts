/** What kept a Redis server from being found or started. */
export type RedisServerErrorCode = 'not-found' | 'not-executable' | 'port-taken' | 'start-failed';

/** The environment's fault: `message` says what happened and what to do about it. */
export class RedisServerError extends Error {
  constructor(
    readonly code: RedisServerErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'RedisServerError';
  }
}

/** Several lines a user can act on when no redis-server is installed. */
export const HOW_TO_GET_REDIS = [
  'No redis-server was found. Any one of these helps:',
  '  - install one so that it is on PATH (apt-get install redis-server, dnf install redis,',
  '    brew install redis),',
  '  - set CCRO_TEST_REDIS_SERVER to the path of a redis-server binary,',
  '  - run one elsewhere (docker compose up redis) and give its URL in REDIS_URL.',
].join('\n');
