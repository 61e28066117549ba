import { HttpException } from '@nestjs/common';

/** Media type of every error answer (RFC 9457). */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** Every kind of error that a gateway or a node answers with, its HTTP status and its title. */
export const PROBLEMS = {
  'malformed-request': { status: 400, title: 'The request could not be read' },
  'invalid-request': { status: 400, title: 'The request does not have the right form' },
  unauthorized: { status: 401, title: 'A key is needed' },
  forbidden: { status: 403, title: 'The key does not allow this' },
  'experiments-disabled': { status: 403, title: 'Experiments are switched off' },
  'fault-injection-disabled': { status: 403, title: 'Fault injection is switched off' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  'timestamp-conflict': { status: 409, title: 'The cluster refuses the request for its timestamp' },
  'not-primary': { status: 409, title: 'Another node is the commander' },
  'not-decided': { status: 409, title: 'The request is not decided yet' },
  'no-longer-kept': { status: 410, title: 'The decision is no longer kept' },
  'payload-too-large': { status: 413, title: 'The request body is too large' },
  'uri-too-long': { status: 414, title: 'The address is too long' },
  'unsupported-media-type': { status: 415, title: 'The body is not application/json' },
  'expectation-failed': { status: 417, title: 'What the request expects cannot be met' },
  'idempotency-key-reused': { status: 422, title: 'The Idempotency-Key belongs to another body' },
  'rate-limited': { status: 429, title: 'Too many calls' },
  overloaded: { status: 429, title: 'Too many requests are pending' },
  'headers-too-large': { status: 431, title: 'The request header is too large' },
  internal: { status: 500, title: 'The server failed' },
  'not-ready': { status: 503, title: 'The node is not ready' },
  'gateway-unreachable': { status: 503, title: 'The gateway cannot be reached' },
  'broker-unreachable': { status: 503, title: 'The broker cannot be reached' },
  'queue-refused': { status: 503, title: 'Redis does not store requests at the moment' },
  'settings-differ': { status: 503, title: 'The nodes have another cluster file' },
  'quorum-unreachable': { status: 503, title: 'Too few nodes can be reached' },
  'node-unreachable': { status: 503, title: 'The node does not answer' },
  'shutting-down': { status: 503, title: 'The server is shutting down' },
  'decision-timeout': { status: 504, title: 'No decision came in time' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

export type ProblemName = keyof typeof PROBLEMS;

/** An error answer: the members of RFC 9457 and whatever the kind of error adds. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly [extension: string]: unknown;
}

/** The URI that identifies a kind of error. */
export function problemType(name: ProblemName): string {
  return `urn:ccro:problem:${name}`;
}

/** The answer for `name`; `extensions` never overwrite the standard members. */
export function problemDetails(
  name: ProblemName,
  detail: string,
  extensions: Readonly<Record<string, unknown>> = {},
): ProblemDetails {
  const { status, title } = PROBLEMS[name];
  return { ...extensions, type: problemType(name), title, status, detail };
}

/** What a problem may carry besides its detail. */
export interface ProblemOptions {
  /** Further members of the answer, for example `id`. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by controllers and services; the problem filter turns it into the answer. */
export class ProblemException extends HttpException {
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly problem: ProblemName,
    detail: string,
    { extensions = {}, headers = {} }: ProblemOptions = {},
  ) {
    super(problemDetails(problem, detail, extensions), PROBLEMS[problem].status);
    this.headers = headers;
  }

  /** The body of the answer. */
  get details(): ProblemDetails {
    return this.getResponse() as ProblemDetails;
  }
}
