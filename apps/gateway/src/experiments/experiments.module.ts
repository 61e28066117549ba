import { Logger, Module } from '@nestjs/common';
import { GATEWAY_SETTINGS, type GatewaySettings } from '../settings/gateway.options.js';
import { ExperimentsController } from './experiments.controller.js';
import { DurableExperimentQueue } from './queue/durable-experiment-queue.js';
import { EXPERIMENT_QUEUE, type ExperimentQueue } from './queue/experiment-queue.js';
import { InProcessExperimentQueue } from './queue/in-process-experiment-queue.js';

/** Sweeps over clusters of their own, which have nothing to do with the gateway's. */
@Module({
  controllers: [ExperimentsController],
  providers: [{ provide: EXPERIMENT_QUEUE, inject: [GATEWAY_SETTINGS], useFactory: createQueue }],
  exports: [EXPERIMENT_QUEUE],
})
export class ExperimentsModule {}

function createQueue(settings: GatewaySettings): ExperimentQueue {
  const { queue, config, clientId, createMeasurer } = settings;
  if (queue === undefined) return new InProcessExperimentQueue(createMeasurer);
  const { redisUrl, redisCa, forgetAtClose = false } = queue;
  return new DurableExperimentQueue(
    { url: redisUrl, ca: redisCa, cluster: config.cluster, clientId, forgetAtClose },
    { createMeasurer, logger: new Logger('Experiments') },
  );
}
