/** Bull Board at `/admin/queues`: what is in the gateway's queues in Redis, to look at only. */

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Queue } from 'bullmq';
import { ProblemException, sendProblem } from '@ccro/http';
import { DurableExperimentQueue } from '../experiments/queue/durable-experiment-queue.js';
import { EXPERIMENT_QUEUE } from '../experiments/queue/experiment-queue.js';
import { GATEWAY_SETTINGS } from '../gateway.constants.js';
import type { GatewaySettings } from '../gateway.options.js';
import { DurableRequestQueue } from '../queue/durable/durable-request-queue.js';
import { REQUEST_QUEUE } from '../queue/request-queue.js';

const PATH = '/admin/queues';

/**
 * Where callers have keys the door has asked for one of an admin; else this is for development
 * alone.
 */
function isForSomebody({ apiKeys, faultInjection }: GatewaySettings): boolean {
  return apiKeys !== undefined || faultInjection;
}

/**
 * Adds the board's routes, where there is a Redis. To be called before the application is
 * initialised.
 *
 * @returns what puts the queues on it once they are open
 */
export async function serveQueueBoard(app: NestFastifyApplication): Promise<() => void> {
  const settings = app.get<GatewaySettings>(GATEWAY_SETTINGS);
  if (settings.queue === undefined) return () => undefined;
  if (!isForSomebody(settings)) {
    await refuseEverybody(app);
    return () => undefined;
  }
  // Loaded only where there is something to show, and somebody to see it.
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
  await app
    .getHttpAdapter()
    .getInstance()
    .register(
      async (scope) => {
        scope.setErrorHandler((error, _request, reply) => sendProblem(reply, error));
        await scope.register(serverAdapter.registerPlugin());
      },
      { prefix: PATH },
    );
  // A job that is changed by hand would break what the gateway promised: nothing can be.
  const shown = (queue: Queue): InstanceType<typeof BullMQAdapter> =>
    new BullMQAdapter(queue, { readOnlyMode: true });
  return () => board.setQueues(bullQueues(app).map(shown));
}

async function refuseEverybody(app: NestFastifyApplication): Promise<void> {
  const refusal = new ProblemException(
    'fault-injection-disabled',
    'The queues show what users asked for: give callers keys (API_KEYS_FILE), or start the gateway with FAULT_INJECTION=on.',
  );
  await app
    .getHttpAdapter()
    .getInstance()
    .register(
      async (scope) => {
        for (const path of ['/', '/*']) scope.all(path, (_, reply) => sendProblem(reply, refusal));
      },
      { prefix: PATH },
    );
}

function bullQueues(app: NestFastifyApplication): Queue[] {
  const { experiments } = app.get<GatewaySettings>(GATEWAY_SETTINGS);
  const queues = [REQUEST_QUEUE, ...(experiments ? [EXPERIMENT_QUEUE] : [])];
  return queues
    .map((token) => app.get<unknown>(token))
    .flatMap((queue) =>
      queue instanceof DurableRequestQueue || queue instanceof DurableExperimentQueue
        ? [queue.bullQueue]
        : [],
    );
}
