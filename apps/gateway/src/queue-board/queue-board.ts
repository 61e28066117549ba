/** Bull Board at `/admin/queues`: what is in BullMQ's queue of experiments, to look at only. */

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Queue } from 'bullmq';
import type { FastifyInstance } from 'fastify';
import { ProblemException, sendProblem } from '@ccro/http';
import { DurableExperimentQueue } from '../experiments/queue/durable-experiment-queue.js';
import { EXPERIMENT_QUEUE } from '../experiments/queue/experiment-queue.js';
import { GATEWAY_SETTINGS, type GatewaySettings } from '../settings/gateway.options.js';

const PATH = '/admin/queues';

/**
 * Where callers have keys, that of an admin was asked for; else this is for development
 * alone.
 */
function isOffered({ apiKeys, faultInjection }: GatewaySettings): boolean {
  return apiKeys !== undefined || faultInjection;
}

/**
 * Adds the board's routes, where there is a Redis. To be called before the application is
 * initialised.
 *
 * @returns what puts the queue on it once it is open
 */
export async function serveQueueBoard(app: NestFastifyApplication): Promise<() => void> {
  const settings = app.get<GatewaySettings>(GATEWAY_SETTINGS);
  if (settings.queue === undefined) return () => undefined;
  const http: FastifyInstance = app.getHttpAdapter().getInstance();
  if (!isOffered(settings)) {
    await http.register(refuseEverybody, { prefix: PATH });
    return () => undefined;
  }
  // Loaded only where there is a queue to show and an operator may see it.
  const [{ createBullBoard: createBoard }, { BullMQAdapter }, { FastifyAdapter }] =
    await Promise.all([
      import('@bull-board/api'),
      import('@bull-board/api/bullMQAdapter'),
      import('@bull-board/fastify'),
    ]);
  const serverAdapter = new FastifyAdapter().setBasePath(PATH);
  const files = createRequire(import.meta.url).resolve('@bull-board/ui/package.json');
  const board = createBoard({
    queues: [],
    serverAdapter,
    options: { uiBasePath: dirname(files), uiConfig: { boardTitle: 'CCRO queues' } },
  });
  const addBoard = async (scope: FastifyInstance): Promise<void> => {
    scope.setErrorHandler((error, _request, reply) => sendProblem(reply, error));
    await scope.register(serverAdapter.registerPlugin());
  };
  await http.register(addBoard, { prefix: PATH });
  // An experiment that is changed by hand would break what the gateway promised: nothing can be.
  const shown = (queue: Queue): InstanceType<typeof BullMQAdapter> =>
    new BullMQAdapter(queue, { readOnlyMode: true });
  return () => board.setQueues(bullQueues(app, settings).map(shown));
}

async function refuseEverybody(scope: FastifyInstance): Promise<void> {
  const refusal = new ProblemException(
    'fault-injection-disabled',
    'The queue shows what users asked for: give callers keys (API_KEYS_FILE), or start the gateway with FAULT_INJECTION=on.',
  );
  for (const path of ['/', '/*']) scope.all(path, (_, reply) => sendProblem(reply, refusal));
}

function bullQueues(app: NestFastifyApplication, { experiments }: GatewaySettings): Queue[] {
  const queue = experiments ? app.get<unknown>(EXPERIMENT_QUEUE) : undefined;
  return queue instanceof DurableExperimentQueue ? [queue.bullQueue] : [];
}
