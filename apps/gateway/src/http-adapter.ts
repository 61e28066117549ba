import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { MAX_BODY_BYTES } from './gateway.constants.js';
import { sendProblem } from './problem/problem.filter.js';
import { PROBLEM_MEDIA_TYPE, problemDetails, type ProblemName } from './problem/problem.js';

/** A request that takes longer than this to arrive is cut off, in milliseconds. */
const MAX_ARRIVAL_MS = 30_000;
/** Longer parameters are answered 414; a key of the store, percent-encoded, fits. */
const MAX_PARAMETER_CHARACTERS = 8192;

/**
 * Fastify, set up so that every error is problem+json: also those raised for what is no proper
 * HTTP request, or for an address that cannot be read, before Nest sees anything. JSON is the only
 * kind of body.
 */
export function createHttpAdapter(): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: MAX_ARRIVAL_MS,
    routerOptions: { maxParamLength: MAX_PARAMETER_CHARACTERS },
    // While it shuts down the gateway answers as usual: its services say what they still can do.
    return503OnClosing: false,
    frameworkErrors: (error: Error, _request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(reply, error),
    clientErrorHandler: refuseConnection,
  });
  adapter.getInstance().removeContentTypeParser('text/plain');
  return adapter;
}

/** Answers what is no proper HTTP request, as far as the connection still takes an answer. */
function refuseConnection(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) socket.write(rawAnswer(problemOfConnection(error.code), error.message));
  socket.destroy();
}

function problemOfConnection(code: string | undefined): ProblemName {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request-timeout';
  return code === 'HPE_HEADER_OVERFLOW' ? 'headers-too-large' : 'malformed-request';
}

function rawAnswer(problem: ProblemName, detail: string): string {
  const details = problemDetails(problem, detail);
  const body = JSON.stringify(details);
  const lines = [
    `HTTP/1.1 ${details.status} ${details.title}`,
    `content-type: ${PROBLEM_MEDIA_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
