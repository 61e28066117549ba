import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Logger,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import {
  PROBLEM_MEDIA_TYPE,
  ProblemException,
  PROBLEMS,
  problemDetails,
  type ProblemName,
} from './problem.js';

/** What an error is to the caller: one of the known problems and a sentence. */
interface ClassifiedError {
  readonly problem: ProblemName;
  readonly detail: string;
}

/** Fastify's own error codes that tell more than their status does. */
const FASTIFY_PROBLEMS: Readonly<Record<string, ClassifiedError>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    problem: 'unsupported-media-type',
    detail: 'Send the body with content-type: application/json.',
  },
  FST_ERR_CTP_BODY_TOO_LARGE: {
    problem: 'payload-too-large',
    detail: 'The body is larger than this server accepts.',
  },
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
  const known = error instanceof ProblemException ? error : undefined;
  const { problem, detail } = classifyError(error);
  const details = known?.details ?? problemDetails(problem, detail);
  if (problem === 'internal') logger?.error(error);
  void reply
    .status(details.status)
    .headers({ ...known?.headers, 'content-type': PROBLEM_MEDIA_TYPE })
    .send(details);
}

/**
 * Says what an error raised by Nest or Fastify is to the caller. Whatever is not recognised is
 * `internal`, without its message: that is for the log, not for callers.
 */
function classifyError(error: unknown): ClassifiedError {
  if (error instanceof ProblemException) {
    return { problem: error.problem, detail: error.details.detail };
  }
  if (error instanceof Error) {
    const { code, statusCode, message } = error as FrameworkError;
    const known = typeof code === 'string' ? FASTIFY_PROBLEMS[code] : undefined;
    if (known !== undefined) return known;
    const status = error instanceof HttpException ? error.getStatus() : statusCode;
    const problem = typeof status === 'number' ? problemOfStatus(status) : undefined;
    if (problem !== undefined) return { problem, detail: message };
  }
  return { problem: 'internal', detail: `${PROBLEMS.internal.title}. The log says more.` };
}

type FrameworkError = Error & { readonly code?: unknown; readonly statusCode?: unknown };

function problemOfStatus(status: number): ProblemName | undefined {
  const isOfCaller = status >= 400 && status < 500;
  return PROBLEM_BY_STATUS[status] ?? (isOfCaller ? 'malformed-request' : undefined);
}
