import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { limitArriving, type NameCaller } from './body-room.js';
import { readJsonStrictly } from './json-body.js';
import { sendProblem } from './problem/problem.filter.js';
import {
  PROBLEM_MEDIA_TYPE,
  problemDetails,
  ProblemException,
  type ProblemName,
} from './problem/problem.js';
import { addSecurityHeaders, SECURITY_HEADERS } from './security-headers.js';
import { closeStreams } from './stream-answers.js';

/** A request that takes longer than this to arrive is cut off, in milliseconds. */
const MAX_ARRIVAL_MS = 30_000;
/** The same for its head, and for the first byte on a connection. */
const MAX_HEAD_ARRIVAL_MS = 10_000;
/** How often connections are looked through for such requests. */
const ARRIVAL_CHECK_MS = 2_000;
/** A connection that asked for CONNECT is cut off after this, whether or not the refusal was read, in milliseconds. */
const MAX_REFUSAL_MS = 1_000;
/** Longer parameters are answered 414; a key of the store, percent-encoded, fits. */
const MAX_PARAMETER_CHARACTERS = 8192;

/**
 * Fastify, set up so that every error is problem+json: also those raised for what is no proper
 * HTTP request, or for an address that cannot be read, before Nest sees anything. JSON is the only
 * kind of body, and read strictly (`libs/strict-json`).
 *
 * The application is to be created with `bodyParser: false`.
 *
 * @param bodyBytes largest body
 * @param nameCaller who has a share of the room for bodies, asked when it is known who may call.
 *   Default: each address
 */
export function createHttpAdapter(
  bodyBytes: number,
  nameCaller: NameCaller = ({ ip }) => ip,
): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: bodyBytes,
    requestTimeout: MAX_ARRIVAL_MS,
    routerOptions: { maxParamLength: MAX_PARAMETER_CHARACTERS },
    // While it shuts down a server answers as usual: its services say what they still can do.
    return503OnClosing: false,
    http: {
      headersTimeout: MAX_HEAD_ARRIVAL_MS,
      connectionsCheckingInterval: ARRIVAL_CHECK_MS,
      // Node's own refusal is no problem+json: `refuseUnreadable` has one.
      requireHostHeader: false,
    },
    frameworkErrors: (error: Error, _request: FastifyRequest, reply: FastifyReply) => {
      reply.headers(SECURITY_HEADERS);
      sendProblem(reply, error);
    },
    clientErrorHandler: refuseConnection,
  });
  const http = adapter.getInstance();
  http.server.on('checkExpectation', refuseExpectation);
  // A failure that nobody listens to ends the process, and Node stops listening to a connection that it
  // hands over.
  http.server.on('connection', (socket: Socket) => socket.on('error', () => undefined));
  http.server.on('connect', refuseConnect);
  addSecurityHeaders(http);
  http.addHook('onRequest', (request, reply, done) => {
    const problem = refuseUnreadable(request);
    if (problem === undefined) done();
    else sendProblem(reply, problem);
  });
  closeStreams(http);
  limitArriving(http, bodyBytes, nameCaller);
  readJsonStrictly(http);
  return adapter;
}

/** What Node and Fastify let pass although nobody can tell what it means. */
function refuseUnreadable({ raw }: FastifyRequest): ProblemException | undefined {
  const hosts = headerCount(raw, 'host');
  if (hosts > 1 || (hosts === 0 && raw.httpVersion === '1.1')) {
    const detail = `A request has one Host header; this one has ${hosts}.`;
    return new ProblemException('malformed-request', detail);
  }
  // The router ignores the host of such a target; parsing it as a URL would not.
  if (raw.url?.startsWith('/') !== true) {
    const detail = 'The target of a request is a path: this server is no proxy.';
    return new ProblemException('malformed-request', detail);
  }
  const query = raw.url.indexOf('?');
  if (query >= 0 && !isUtf8Encoded(raw.url.slice(query))) {
    const detail = 'The query is not percent-encoded UTF-8.';
    return new ProblemException('malformed-request', detail);
  }
  return undefined;
}

/** Node joins or drops headers that are there twice. */
function headerCount({ rawHeaders }: IncomingMessage, name: string): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() === name) count += 1;
  }
  return count;
}

function isUtf8Encoded(text: string): boolean {
  if (!text.includes('%')) return true;
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * The connection is ours from here on: the server does not close it with the others, and has no time limit
 * for it. The refusal may wait behind an answer that nobody reads.
 */
function refuseConnect(_request: IncomingMessage, socket: Socket): void {
  const answer = rawAnswer('method-not-allowed', 'CONNECT is for proxies, and this is none.');
  const timer = setTimeout(() => socket.destroy(), MAX_REFUSAL_MS).unref();
  socket.once('close', () => clearTimeout(timer));
  socket.end(answer, () => socket.destroy());
}

/** Expectations other than `100-continue`, which Node meets itself. */
function refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
  const detail = `Expect: ${String(request.headers.expect)} cannot be met; leave it out.`;
  // The body that may follow is not read.
  const { status, headers, body } = lastAnswer('expectation-failed', detail);
  response.writeHead(status, headers).end(body);
}

type ClientError = Error & { readonly code?: string };
/** A connection, with the answer that it is to carry next. */
type HttpSocket = Socket & { readonly _httpMessage?: ServerResponse | null };

/** Connections that were refused: Node reports a parse error again for each further chunk. */
const refused = new WeakSet<Socket>();

/** By Node's code for what is wrong with it; what has none of these cannot be read. */
const PROBLEM_OF_CONNECTION: Readonly<Record<string, ProblemName>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'payload-too-large',
};

/** Answers what is no proper HTTP request, once, as far as the connection still takes an answer. */
function refuseConnection(error: ClientError, socket: HttpSocket): void {
  const { code = '', message } = error;
  if (code === 'ECONNRESET' || socket.destroyed || refused.has(socket)) return;
  refused.add(socket);
  // The text alone is kept: the error has the chunk in which it was found.
  const text = rawAnswer(PROBLEM_OF_CONNECTION[code] ?? 'malformed-request', message);
  const answer = socket._httpMessage;
  // The answer is to an earlier request, whose caller takes the first that comes for its own.
  if (answer?.req.complete === true) answer.once('finish', () => endWith(text, socket));
  else if (answer?.headersSent === true) socket.destroy();
  else endWith(text, socket);
}

function endWith(text: string, socket: Socket): void {
  if (socket.writable) socket.write(text);
  socket.destroy();
}

function rawAnswer(problem: ProblemName, detail: string): string {
  const { status, title, headers, body } = lastAnswer(problem, detail);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${title}\r\n${lines.join('')}\r\n${body}`;
}

/** An answer after which the connection closes. */
function lastAnswer(problem: ProblemName, detail: string) {
  const details = problemDetails(problem, detail);
  const body = JSON.stringify(details);
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': PROBLEM_MEDIA_TYPE,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  return { status: details.status, title: details.title, headers, body };
}
