/**
 * `npm run keygen -- --nodes 4 --out DIR`: makes the keys of a new cluster, and users of Redis for
 * it with `--redis-acl`; with `--api-keys FILE` instead keys for callers of the gateway. Exits 0
 * when all files are written, otherwise, with one line on standard error, 2 when an option is wrong
 * and 1 when the files cannot be written.
 */

import { endWithReader } from '@ccro/program';
import { keygenCommand } from './keygen-command.js';

endWithReader();
keygenCommand().parse();
