import { parseStrictJsonBytes, StrictJsonError, type JsonIssue } from '@ccro/strict-json';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProblemException } from './problem/problem.js';

const UTF8 = /^(utf-?8|us-ascii)$/i;
const CHARSET = /;\s*charset\s*=\s*("[^"]*"|[^;\s]*)/gi;

/**
 * Makes JSON in UTF-8 the only body there is. Whatever of it could not be kept as it was sent is
 * refused, and where it stands is said.
 */
export function readJsonStrictly(http: FastifyInstance): void {
  http.removeAllContentTypeParsers();
  http.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      done(null, bodyOf(request, body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
  http.addHook('onRequest', (request, _reply, done) => {
    // Some clients send the type of the body that they have not.
    if (request.method === 'DELETE' && hasNoBody(request)) delete request.headers['content-type'];
    done();
  });
  http.addHook('preParsing', (request, _reply, payload, done) => {
    done(codingProblem(request) ?? null, payload);
  });
}

function bodyOf(request: FastifyRequest, body: Buffer): unknown {
  if (body.length === 0 && request.method === 'DELETE') return undefined;
  try {
    return parseStrictJsonBytes(body);
  } catch (error) {
    throw error instanceof StrictJsonError ? jsonProblem(error, 'the body') : error;
  }
}

/**
 * What is wrong with a JSON text, field by field.
 *
 * @param whole what the text as a whole is called
 * @param prefix where it stands in the body
 */
export function jsonProblem(
  { code, issues }: StrictJsonError,
  whole: string,
  prefix: readonly string[] = [],
): ProblemException {
  const errors = issues.map(({ path, message }: JsonIssue) => ({
    field: [...prefix, ...path].join('.') || whole,
    message,
  }));
  const detail = errors.map(({ field, message }) => `${field}: ${message}`).join('; ');
  const problem = code === 'malformed' ? 'malformed-request' : 'invalid-request';
  return new ProblemException(problem, detail, { extensions: { errors } });
}

function hasNoBody({ headers }: FastifyRequest): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] === undefined && (length === undefined || length === '0');
}

/** Bytes that are not the text itself, or not in UTF-8, are not guessed at. */
function codingProblem({ headers }: FastifyRequest): ProblemException | undefined {
  const coding = headers['content-encoding'] ?? 'identity';
  if (coding.trim().toLowerCase() !== 'identity') {
    const detail = `Content-Encoding: ${coding} is not taken; send the body as it is.`;
    return new ProblemException('unsupported-media-type', detail);
  }
  // Node takes a body apart for `chunked` alone, and any other coding for granted.
  const transfer = headers['transfer-encoding'] ?? 'chunked';
  if (transfer.trim().toLowerCase() !== 'chunked') {
    const detail = `Transfer-Encoding: ${transfer} is not taken; send the body as it is, or chunked.`;
    return new ProblemException('unsupported-media-type', detail);
  }
  const type = headers['content-type'] ?? '';
  // Of a regular expression `matchAll` makes another one for each call.
  if (!type.includes(';')) return undefined;
  for (const [, quoted = ''] of type.matchAll(CHARSET)) {
    const charset = quoted.replace(/^"(.*)"$/, '$1');
    if (UTF8.test(charset)) continue;
    const detail = `The charset ${charset} is not taken; send the body in UTF-8.`;
    return new ProblemException('unsupported-media-type', detail);
  }
  return undefined;
}
