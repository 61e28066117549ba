import { Logger, Module } from '@nestjs/common';
import { CcroClient } from '@ccro/client';
import { Verifier } from '@ccro/crypto';
import { CallerShares } from '../auth/caller-shares.js';
import { BrokerWatch } from '../connection/broker-watch.js';
import { GATEWAY_SETTINGS, type GatewaySettings } from '../settings/gateway.options.js';
import { RequestSender } from './request-sender.js';
import { Endings } from './endings.js';
import { DurableRequestQueue } from './durable/durable-request-queue.js';
import { InProcessRequestQueue } from './in-process/in-process-request-queue.js';
import { clientWindowOf, pendingBounds } from '../settings/pending-bounds.js';
import { PendingLimit } from './pending-limit.js';
import { REQUEST_QUEUE, type RequestQueue } from './request-queue.js';

/** Far longer than a decision takes when all is well, and no longer than a crash may cost. */
const LEASE_MS = 5000;

/** The queue of requests: in Redis where there is one, else in memory. */
@Module({
  providers: [
    {
      provide: PendingLimit,
      inject: [GATEWAY_SETTINGS, BrokerWatch],
      useFactory: (settings: GatewaySettings, broker: BrokerWatch): PendingLimit =>
        new PendingLimit({
          targetWaitMs: settings.overloadWaitMs,
          ...pendingBounds(settings),
          losses: () => broker.losses,
        }),
    },
    {
      provide: CallerShares,
      inject: [GATEWAY_SETTINGS, PendingLimit, REQUEST_QUEUE],
      useFactory: (
        settings: GatewaySettings,
        limit: PendingLimit,
        queue: RequestQueue,
      ): CallerShares =>
        new CallerShares({
          total: () => limit.allowed(queue.pending),
          ...pendingBounds(settings),
          taken: () => queue.pending,
          onRefused: () => limit.refused(),
        }),
    },
    {
      provide: REQUEST_QUEUE,
      inject: [GATEWAY_SETTINGS, CcroClient, Verifier, PendingLimit],
      useFactory: createQueue,
    },
    Endings,
  ],
  exports: [REQUEST_QUEUE, PendingLimit, CallerShares, Endings],
})
export class QueueModule {}

function createQueue(
  settings: GatewaySettings,
  client: CcroClient,
  verifier: Verifier,
  limit: PendingLimit,
): RequestQueue {
  const { config, clientId, queue } = settings;
  const sender = new RequestSender(client, config);
  const common = {
    clientId,
    maxFinished: settings.maxFinishedRequests,
    keyRetentionMs: settings.idempotencyRetentionMs,
  };
  if (queue === undefined) return new InProcessRequestQueue(common, client, sender, limit);
  const options = {
    ...common,
    url: queue.redisUrl,
    ca: queue.redisCa,
    cluster: config.cluster,
    clientWindow: clientWindowOf(config),
    timeoutMs: settings.requestTimeoutMs,
    leaseMs: LEASE_MS,
    forgetAtClose: queue.forgetAtClose ?? false,
  };
  const logger = new Logger('Requests');
  return new DurableRequestQueue(options, { client, sender, verifier, limit, logger });
}
