/**
 * `npm test [-- vitest arguments]`: prepares the working copy, finds a Redis for the tests that
 * need one and runs every suite once.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { getRedis, RedisUnavailableError } from './get-redis.mjs';
import { prepareOrExit, ROOT } from './prepare.mjs';

await prepareOrExit();
try {
  const redis = await getRedis();
  Object.assign(process.env, redis.env);
  process.stderr.write(`Redis for the tests: ${redis.source}\n`);
} catch (error) {
  if (!(error instanceof RedisUnavailableError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
process.argv = [process.execPath, vitest, 'run', ...process.argv.slice(2)];
process.chdir(ROOT);
await import(pathToFileURL(vitest).href);
