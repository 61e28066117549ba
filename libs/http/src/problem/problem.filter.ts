import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Logger,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { PROBLEM_MEDIA_TYPE, ProblemException, PROBLEMS, type ProblemName } from './problem.js';

/** Fastify's own error codes that tell more than their status does. */
const FASTIFY_PROBLEMS: Readonly<Record<string, readonly [ProblemName, detail: string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'unsupported-media-type',
    'Send the body with content-type: application/json.',
  ],
  FST_ERR_CTP_BODY_TOO_LARGE: ['payload-too-large', 'The body is larger than this server accepts.'],
};

/** By status, for errors of the framework that carry nothing better. */
const PROBLEM_BY_STATUS: Readonly<Record<number, ProblemName>> = {
  400: 'malformed-request',
  404: 'not-found',
  405: 'method-not-allowed',
  408: 'request-timeout',
  413: 'payload-too-large',
  414: 'uri-too-long',
  415: 'unsupported-media-type',
  431: 'headers-too-large',
  503: 'shutting-down',
};

/** Answers every error with problem+json, also those Fastify raises before Nest sees anything. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('HTTP');

  catch(error: unknown, host: ArgumentsHost): void {
    // Errors of message handlers have no HTTP answer; they are ours, so the log is their place.
    if (host.getType() !== 'http') {
      this.logger.error(error);
      return;
    }
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (reply.sent) return;
    sendProblem(reply, error, this.logger);
  }
}

/** Sends the answer for `error`. Only failures of the gateway itself are logged. */
export function sendProblem(reply: FastifyReply, error: unknown, logger?: Logger): void {
  const { problem, details, headers } = problemFor(error);
  if (problem === 'internal') logger?.error(error);
  void reply
    .status(details.status)
    .headers({ ...headers, 'content-type': PROBLEM_MEDIA_TYPE })
    .send(details);
}

/**
 * Says what an error raised by Nest or Fastify is to the caller. Whatever is not recognised is
 * `internal`, without its message: that is for the log, not for callers.
 */
function problemFor(error: unknown): ProblemException {
  if (error instanceof ProblemException) return error;
  if (error instanceof Error) {
    const { code, statusCode, message } = error as FrameworkError;
    const known = typeof code === 'string' ? FASTIFY_PROBLEMS[code] : undefined;
    if (known !== undefined) return new ProblemException(...known);
    const status = error instanceof HttpException ? error.getStatus() : statusCode;
    const problem = typeof status === 'number' ? problemOfStatus(status) : undefined;
    if (problem !== undefined) return new ProblemException(problem, message);
  }
  return new ProblemException('internal', `${PROBLEMS.internal.title}. The log says more.`);
}

type FrameworkError = Error & { readonly code?: unknown; readonly statusCode?: unknown };

function problemOfStatus(status: number): ProblemName | undefined {
  const isOfCaller = status >= 400 && status < 500;
  return PROBLEM_BY_STATUS[status] ?? (isOfCaller ? 'malformed-request' : undefined);
}
