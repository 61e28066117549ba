import { HttpException } from '@nestjs/common';
import { PROBLEMS, ProblemException, type ProblemName } from './problem.js';

/** What an error is to the caller: one of the known problems and a sentence. */
export interface ClassifiedError {
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

/**
 * Says what an error raised by Nest or Fastify is to the caller. Whatever is not recognised is
 * `internal`, without its message: that is for the log, not for callers.
 */
export function classifyError(error: unknown): ClassifiedError {
  if (error instanceof ProblemException) {
    return { problem: error.problem, detail: error.details.detail };
  }
  const { code, status, message } = describe(error);
  const known = code === undefined ? undefined : FASTIFY_PROBLEMS[code];
  if (known !== undefined) return known;
  const problem = status === undefined ? undefined : PROBLEM_BY_STATUS[status];
  if (problem !== undefined) return { problem, detail: message };
  if (status !== undefined && status >= 400 && status < 500) {
    return { problem: 'malformed-request', detail: message };
  }
  return { problem: 'internal', detail: `${PROBLEMS.internal.title}. The log says more.` };
}

function describe(error: unknown): {
  readonly code: string | undefined;
  readonly status: number | undefined;
  readonly message: string;
} {
  if (!(error instanceof Error)) return { code: undefined, status: undefined, message: '' };
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  const status = error instanceof HttpException ? error.getStatus() : statusCode;
  return {
    code: asText(code),
    status: typeof status === 'number' ? status : undefined,
    message: error.message,
  };
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
