/**
 * `POST /preprepare` at the primary's own port, where users of the program that this one follows
 * send their requests. Any other node says which one is the primary.
 */

import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeader } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ProblemException, sendProblem, whenOver } from '@ccro/http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { NODE_OPTIONS, type NodeOptions } from '../node-options.js';
import { ReplicaService } from '../replica/replica.service.js';

/** What of a call the gateway needs to judge it: who calls, from where, and how often it was sent. */
const PASSED_ON = [
  'accept',
  'authorization',
  'content-encoding',
  'content-type',
  'idempotency-key',
  'origin',
  'prefer',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
] as const;
/** What of its answer the caller needs. */
const PASSED_BACK = [
  'content-type',
  'preference-applied',
  'retry-after',
  'www-authenticate',
] as const;
/** Not the one that the call names: that may be the address of another server. */
const PATH = '/preprepare';
/** Set on what a node passes on, so that a node never passes it on again. */
const RELAYED_BY = 'ccro-relayed-by';
/** Where a gateway listens unless told otherwise. */
const DEFAULT_GATEWAY_URL = 'http://127.0.0.1:3000';
const CONNECT_TIMEOUT_MS = 2_000;
/** A node does not know the gateway's REQUEST_TIMEOUT_MS: above all that it may be. */
const MAX_ANSWER_MS = 610_000;

/** To be called before the application's routes are made. */
export async function servePreprepare(app: NestFastifyApplication): Promise<void> {
  const options = app.get<NodeOptions>(NODE_OPTIONS);
  const { runner } = app.get(ReplicaService);
  const { self, gatewayUrl = () => DEFAULT_GATEWAY_URL } = options;
  const relay = new GatewayRelay(gatewayUrl, `node ${self}`);
  await app
    .getHttpAdapter()
    .getInstance()
    .register(async (scope) => {
      // The gateway reads it, and says what is wrong with it.
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
        done(null, body);
      });
      scope.setErrorHandler((error, _request, reply) => sendProblem(reply, error));
      scope.post(PATH, async (request, reply) => {
        const { primary } = runner.status();
        if (primary !== self) throw notPrimary(primary, options);
        await relay.pass(request, reply);
        return reply;
      });
    });
}

function notPrimary(primary: number, { self, nodeUrl }: NodeOptions): ProblemException {
  const address = nodeUrl?.(primary);
  const whereTo =
    address === undefined
      ? `send it to the port of node ${primary}, or to the gateway`
      : `POST ${address}${PATH}`;
  const detail = `Node ${self} is not the commander; node ${primary} is: ${whereTo}.`;
  return new ProblemException('not-primary', detail, {
    extensions: { commander: { id: primary, address: address ?? null } },
  });
}

/**
 * Passes calls on to the gateway as they are, and its answers back: who may call, what it is and
 * what is accepted stays the gateway's to say.
 */
export class GatewayRelay {
  /**
   * @param gatewayUrl base URL of the gateway; undefined as long as there is none
   * @param name of this node, for a gateway URL that leads back here
   * @param maxAnswerMs until the gateway's answer is there, at most
   */
  constructor(
    private readonly gatewayUrl: () => string | undefined,
    private readonly name: string,
    private readonly maxAnswerMs = MAX_ANSWER_MS,
  ) {}

  /** @throws ProblemException `gateway-unreachable`, or `decision-timeout` where it stays silent */
  async pass(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const url = this.gatewayUrl();
    if (url === undefined) throw unreachable('It has not been started yet.');
    const by = request.headers[RELAYED_BY];
    if (by !== undefined) {
      throw unreachable(`GATEWAY_URL of ${String(by)} is the address of this node, no gateway's.`);
    }
    const answer = await this.answerTo(request, reply, new URL(PATH, url)).catch((error: Error) => {
      if (error instanceof ProblemException) throw error;
      throw unreachable(`Nothing answers at ${url} (${error.message}).`);
    });
    for (const name of PASSED_BACK) {
      const value = answer.headers[name];
      if (value !== undefined) reply.header(name, value);
    }
    const { location } = answer.headers;
    if (location !== undefined) reply.header('location', new URL(location, url).href);
    await reply.status(answer.statusCode ?? 502).send(answer);
  }

  private answerTo(
    request: FastifyRequest,
    reply: FastifyReply,
    url: URL,
  ): Promise<IncomingMessage> {
    const headers = this.headersFor(request, url);
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      let answer: IncomingMessage | undefined;
      const sent = send(url, { method: 'POST', headers }, (begun) => {
        answer = begun;
        resolve(begun);
      });
      sent.on('error', reject);
      sent.setTimeout(CONNECT_TIMEOUT_MS, () => {
        if (sent.socket?.connecting === true) sent.destroy(new Error('it takes no connection'));
      });
      const { maxAnswerMs } = this;
      const end = (): unknown => (answer ?? sent).destroy(silent(url, maxAnswerMs));
      const timer = setTimeout(end, maxAnswerMs);
      // Nobody waits for the answer any more.
      whenOver(reply, () => {
        clearTimeout(timer);
        sent.destroy();
      });
      sent.end(request.body as Buffer | undefined);
    });
  }

  private headersFor(request: FastifyRequest, url: URL): Record<string, OutgoingHttpHeader> {
    const headers: Record<string, OutgoingHttpHeader> = { [RELAYED_BY]: this.name };
    for (const name of PASSED_ON) {
      const value = request.headers[name];
      if (value !== undefined) headers[name] = value;
    }
    // The page that called saw this node as its own site: so it is to the gateway.
    if (isOwnOrigin(request)) headers.origin = url.origin;
    headers['content-length'] = (request.body as Buffer | undefined)?.length ?? 0;
    return headers;
  }
}

function isOwnOrigin({ headers }: FastifyRequest): boolean {
  const { origin, host } = headers;
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}

function silent({ origin }: URL, afterMs: number): ProblemException {
  const detail =
    `The gateway at ${origin} took the call and did not answer within ${afterMs} ms. The request ` +
    'may be decided all the same: with an Idempotency-Key it can be sent again.';
  return new ProblemException('decision-timeout', detail);
}

function unreachable(why: string): ProblemException {
  const todo = 'Start the gateway, or set GATEWAY_URL of this node to its address.';
  return new ProblemException('gateway-unreachable', `${why} ${todo}`, {
    headers: { 'retry-after': '1' },
  });
}
