/** Faults of gateways, each from its beginning until the gateway is ready again. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { pause, until } from '@ccro/clock';
import { SilentPath, type SupervisedProcess } from '@ccro/process-cluster';
import type { Incident } from '../timeline.js';
import type { Call } from '../workload/history.js';
import { httpFormOf } from '../workload/question.js';
import type { FaultContext } from './fault-context.js';
import type { GatewayFault } from './planned-fault.js';
import { untilReady } from './recovery.js';
import { injectProgramFault, killAndRevive } from './inject-program-fault.js';

const SENT_BOUND_MS = 10_000;
/** Every third half-open client gets no further than the middle of its request's body. */
const HALF_SENT = 3;

/** @throws Overdue when it is not ready again, StartFailure when it does not start, Quit */
export async function injectGatewayFault(
  fault: GatewayFault,
  context: FaultContext,
): Promise<void> {
  const { timeline, quit } = context;
  const gateway = chooseGateway(fault, context);
  const incident = timeline.injected(fault, gateway.name);
  switch (fault.kind) {
    case 'gateway-kill':
      await killAndRevive(gateway, fault.downMs, incident, context);
      break;
    case 'half-open-clients':
      await silenceClients(fault, gateway, incident, context);
      break;
    default:
      await injectProgramFault(fault, gateway, incident, context);
  }
  await untilReady([gateway], quit);
  timeline.over(incident);
}

/** Only one that reaches Redis over a path of its own can lose it in silence. */
function chooseGateway({ kind, pick }: GatewayFault, { cluster }: FaultContext): SupervisedProcess {
  const { gateways } = cluster;
  const withPath = gateways.find((each) => cluster.surroundingsOf(each).path !== undefined);
  if (kind === 'silent-redis' && withPath !== undefined) return withPath;
  return cluster.gateway(Math.floor(pick * gateways.length));
}

/** One whose connection goes silent in the middle of a request, and who asks again elsewhere. */
interface HalfOpenClient {
  readonly call: Call;
  readonly socket: Socket;
  isAnswered: boolean;
}

/**
 * Each of them has its own Idempotency-Key, so that asking again tells whether the request that was
 * cut off was executed besides.
 *
 * @throws Overdue when nothing could be sent, Quit
 */
async function silenceClients(
  { clients: count, forMs }: Extract<GatewayFault, { kind: 'half-open-clients' }>,
  gateway: SupervisedProcess,
  incident: Incident,
  { timeline, workload, timeUp, quit }: FaultContext,
): Promise<void> {
  const url = gateway.url ?? '';
  const path = await SilentPath.to(Number(new URL(url).port));
  try {
    const calls = Array.from({ length: count }, (_, index) => {
      const name = `${incident.number}-${index}`;
      const question = { kind: 'append', data: `half-open/${name}` } as const;
      return workload.begin('half-open', question, `half-${name}`);
    });
    const texts = calls.map(requestOf);
    const startMs = timeline.nowMs();
    const clients = calls.map((call, index) => connected(path, call, texts[index] ?? ''));
    const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    const bound = { boundMs: SENT_BOUND_MS, quit, everyMs: 2 };
    await until('the requests of half-open clients', bound, () =>
      Promise.resolve(path.carried >= bytes || undefined),
    );
    path.silence();
    const silent = clients.filter(({ isAnswered }) => !isAnswered).length;
    const halfSent = calls.filter((_, index) => isHalf(index)).length;
    if (silent > 0) {
      const half = `${halfSent} of them in the middle of a body`;
      incident.showed = `${silent} connections silent without an answer, ${half}`;
    }
    await pause(forMs, timeUp);
    for (const { call, socket } of clients) {
      const endMs = timeline.nowMs();
      call.attempts.push({ gateway: url, startMs, endMs, result: 'the connection went silent' });
      socket.destroy();
    }
    timeline.healed(incident);
    await Promise.all(calls.map((call) => workload.untilAnswered(call)));
  } finally {
    path.stop();
  }
}

function isHalf(index: number): boolean {
  return index % HALF_SENT === 0;
}

/** What is sent for a call: of every third not all. */
function requestOf(call: Call, index: number): string {
  const { method, path, json } = httpFormOf(call.question);
  const body = JSON.stringify(json);
  const head = [
    `${method} ${path} HTTP/1.1`,
    'host: localhost',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    `idempotency-key: ${call.idempotencyKey ?? ''}`,
  ];
  const sent = isHalf(index) ? body.slice(0, body.length >> 1) : body;
  return `${head.join('\r\n')}\r\n\r\n${sent}`;
}

function connected(path: SilentPath, call: Call, text: string): HalfOpenClient {
  const socket = connect(path.port, '127.0.0.1').on('error', () => undefined);
  const client: HalfOpenClient = { call, socket, isAnswered: false };
  void once(socket, 'data').then(
    () => (client.isAnswered = true),
    () => undefined,
  );
  socket.write(text);
  return client;
}
