import type { FastifyInstance } from 'fastify';
import { whenOver } from './call-end.js';
import { sendProblem } from './problem/problem.filter.js';
import { ProblemException } from './problem/problem.js';

interface Destroyable {
  destroy(): void;
}

/**
 * Closes the stream that an answer is read from, a file for example, when its call is over. Fastify does so
 * when Node closes the answer, which it never does where the answer waited behind another on its
 * connection.
 */
export function closeStreams(http: FastifyInstance): void {
  http.addHook('onSend', (_request, reply, payload, done) => {
    if (isDestroyable(payload)) whenOver(reply, () => payload.destroy());
    done(null, payload);
  });
}

function isDestroyable(payload: unknown): payload is Destroyable {
  return payload instanceof Object && 'destroy' in payload && typeof payload.destroy === 'function';
}

/** Files that are open at a time for answers of one server. */
const MAX_FILES = 64;

/**
 * Refuses calls for files while too many are open: an answer that nobody reads keeps its file open, and one
 * connection can ask for hundreds.
 *
 * @param prefix of the routes whose answers are files
 */
export function limitFiles(http: FastifyInstance, prefix: string): void {
  let open = 0;
  http.addHook('onRequest', (request, reply, done) => {
    // Not the path that was sent, which has many spellings.
    if (request.routeOptions.url?.startsWith(prefix) !== true) {
      done();
    } else if (open >= MAX_FILES) {
      sendProblem(reply, tooManyFiles());
    } else {
      open += 1;
      whenOver(reply, () => (open -= 1));
      done();
    }
  });
}

function tooManyFiles(): ProblemException {
  const detail = 'Too many files are being sent from here already.';
  return new ProblemException('overloaded', detail, { headers: { 'retry-after': '1' } });
}
