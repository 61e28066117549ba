import {
  Body,
  Controller,
  HttpCode,
  Inject,
  Post,
  type BeforeApplicationShutdown,
} from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ClientError, type CcroClient, type Submission } from '@ccro/client';
import { NAME_PATTERN } from '@ccro/cluster-config';
import type { Request } from '@ccro/consensus';
import { isRejected, isWellFormed, requestDigest, Verifier } from '@ccro/crypto';
import { jsonProblem, ProblemException } from '@ccro/http';
import { parseStrictJson, StrictJsonError } from '@ccro/strict-json';
import { MAX_OPERATION_CHARACTERS } from '@ccro/wire';
import { z } from 'zod';
import { RouteRule } from '../auth/access.js';
import { BrokerWatch } from '../connection/broker-watch.js';
import { Relays } from '../connection/relays.js';
import { Waits } from '../connection/wait.js';
import { Activity } from '../events/activity.js';
import type { DecidedAnswer, FinishedAnswer } from '../answers/request-record.js';
import { ApiProblems } from '../openapi/openapi.js';
import { Endings } from '../queue/endings.js';
import { RequestSender, requestId } from '../queue/request-sender.js';
import { knownOperation, operationFrom } from '../requests/operations.js';
import { problemOf, RETRY_AFTER_SECONDS } from '../requests/queue-problem.js';
import { GATEWAY_SETTINGS, type GatewaySettings } from '../settings/gateway.options.js';

/** Body of `POST /requests/signed`: a request as its client signed it. */
const signedRequestSchema = z.strictObject({
  client: z.string().regex(NAME_PATTERN, 'a client of the cluster file'),
  timestamp: z.int().nonnegative(),
  /** JSON text, byte for byte what was signed. */
  operation: z
    .string()
    .min(1)
    .max(MAX_OPERATION_CHARACTERS)
    // UTF-8 cannot express them, and so nobody can sign them.
    .refine(isWellFormed, 'no lone surrogates'),
  /** Ed25519, base64url without padding. */
  signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/, '86 characters of base64url'),
});

export type SignedRequestDto = z.infer<typeof signedRequestSchema>;

const RETRY = { 'retry-after': RETRY_AFTER_SECONDS };
const AGAIN = 'The gateway keeps nothing of it: send the same again, it is executed once.';

/**
 * Passes on requests that end users signed with keys of their own.
 *
 * Invariants kept here: the gateway cannot make such a request up or change it, as it has not the
 * key; and it keeps none beyond its call, so the signer decides whether it is sent again.
 */
@ApiTags('requests')
@Controller('requests/signed')
export class SignedRequestsController implements BeforeApplicationShutdown {
  private readonly closing = new AbortController();
  /** Calls that wait for a request, by its id: the same may be sent more than once. */
  private readonly waiting = new Map<string, number>();
  private readonly waits: Waits;

  constructor(
    @Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings,
    private readonly verifier: Verifier,
    private readonly relays: Relays,
    broker: BrokerWatch,
    private readonly activity: Activity,
    private readonly endings: Endings,
  ) {
    this.waits = new Waits(broker, this.closing.signal);
  }

  /**
   * Has the cluster decide on a signed request.
   *
   * @throws ProblemException `invalid-request` when it is not the client's, `timestamp-conflict`
   *   when the cluster executed another one under its timestamp or it is too old, `decision-timeout`, `broker-unreachable`, `shutting-down`
   */
  @Post()
  @RouteRule({ shares: 'signed' })
  @HttpCode(200)
  @ApiOperation({ summary: 'Passes on a request that its client signed with a key of its own' })
  @ApiOkResponse({ description: 'Decided' })
  @ApiProblems(
    'malformed-request',
    'invalid-request',
    'timestamp-conflict',
    'no-longer-kept',
    'payload-too-large',
    'unsupported-media-type',
    'overloaded',
    'broker-unreachable',
    'shutting-down',
    'decision-timeout',
  )
  async submit(
    @Body({ schema: signedRequestSchema }) signed: SignedRequestDto,
  ): Promise<DecidedAnswer> {
    const request = this.requestOf(signed);
    const relay = await this.relays.of(request.client).catch((error: Error) => {
      throw this.unreachable(request, `The gateway cannot listen for answers: ${error.message}`);
    });
    return this.outcomeOf(request, relay);
  }

  beforeApplicationShutdown(): void {
    this.closing.abort();
  }

  private requestOf({ client, timestamp, operation, signature }: SignedRequestDto): Request {
    const { config, clientId } = this.settings;
    if (client === clientId) {
      const detail = `client: ${client} is the gateway itself, which signs for its callers.`;
      throw new ProblemException('invalid-request', detail);
    }
    requireExact(operation);
    operationFrom(() => knownOperation(operation, config));
    const digest = requestDigest(config.cluster, client, timestamp, operation);
    const request: Request = { kind: 'request', client, timestamp, operation, digest, signature };
    const verdict = this.verifier.verify(request);
    if (!isRejected(verdict)) return request;
    const known = config.clients.some(({ id }) => id === client);
    const detail = known
      ? `signature: it is not that of ${client} on this request (docs/RECEIPTS.md says what is signed).`
      : `client: the cluster file names no client ${client}.`;
    throw new ProblemException('invalid-request', detail);
  }

  private async outcomeOf(request: Request, relay: CcroClient): Promise<DecidedAnswer> {
    const id = requestId(request.client, request.timestamp);
    const { config, requestTimeoutMs } = this.settings;
    const sender = new RequestSender(relay, config);
    const submission = this.sent(request, relay);
    const others = this.waiting.get(id) ?? 0;
    this.waiting.set(id, others + 1);
    if (others === 0) this.activity.accepted(1);
    let answer: FinishedAnswer | undefined;
    const finished = sender.answerTo(id, submission).then(
      (given) => {
        answer = given;
        if (others === 0) this.endings.tell(given);
      },
      // Given up below, or closed.
      (error: unknown) => {
        if (!(error instanceof ClientError)) throw error;
      },
    );
    const waited = this.waits.firstOf(finished, requestTimeoutMs);
    const end = await waited.finally(() => this.leave(id, request.timestamp, relay));
    if (answer?.status === 'decided') return answer;
    if (answer?.status === 'failed') {
      throw new ProblemException(problemOf(answer), answer.detail, { extensions: { id } });
    }
    if (this.closing.signal.aborted) {
      throw new ProblemException('shutting-down', `The gateway is shutting down. ${AGAIN}`);
    }
    if (end === 'broker-away') throw this.unreachable(request, 'The broker is away.');
    const detail = `No decision within ${requestTimeoutMs} ms. ${AGAIN}`;
    throw new ProblemException('decision-timeout', detail, { extensions: { id }, headers: RETRY });
  }

  /** Whoever is the last to wait takes the request along. */
  private leave(id: string, timestamp: number, relay: CcroClient): void {
    const others = (this.waiting.get(id) ?? 1) - 1;
    if (others > 0) {
      this.waiting.set(id, others);
      return;
    }
    this.waiting.delete(id);
    relay.abandon(timestamp);
  }

  private sent(request: Request, relay: CcroClient): Submission {
    try {
      return relay.send(request);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      const problem = error.code === 'closed' ? 'shutting-down' : 'timestamp-conflict';
      throw new ProblemException(problem, `${error.message}.`);
    }
  }

  private unreachable({ client, timestamp }: Request, why: string): ProblemException {
    const extensions = { id: requestId(client, timestamp) };
    const detail = `${why} ${AGAIN}`;
    return new ProblemException('broker-unreachable', detail, { extensions, headers: RETRY });
  }
}

/**
 * Replicas would execute another operation than the text that was signed says.
 *
 * @throws ProblemException naming the field inside
 */
function requireExact(operation: string): void {
  try {
    parseStrictJson(operation);
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error;
    throw jsonProblem(error, 'operation', ['operation']);
  }
}
