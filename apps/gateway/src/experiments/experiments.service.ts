import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { planOf, type PlanRequest } from '@ccro/experiment';
import { ProblemException } from '@ccro/http';
import { queueProblem } from '../requests/queue-problem.js';
import type { Experiment, ExperimentSummary } from './experiment.js';
import type { Caller } from '../auth/caller.js';
import { GATEWAY_SETTINGS, type GatewaySettings } from '../settings/gateway.options.js';
import { requireExperiments } from './switch.js';
import { EXPERIMENT_QUEUE, type ExperimentQueue } from './queue/experiment-queue.js';

/** @throws from every method: ProblemException */
@Injectable()
export class ExperimentsService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(EXPERIMENT_QUEUE) private readonly queue: ExperimentQueue,
    @Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    // What is left from before waits until they are allowed again.
    if (this.settings.experiments) await this.queue.open();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.queue.close();
  }

  create(request: PlanRequest, { owner }: Caller): Promise<Experiment> {
    return this.asked((queue) => queue.add(planOf(request), owner));
  }

  list(): Promise<readonly ExperimentSummary[]> {
    return this.asked((queue) => queue.list());
  }

  async find(id: string): Promise<Experiment> {
    return found(id, await this.asked((queue) => queue.find(id)));
  }

  async cancel(id: string): Promise<Experiment> {
    return found(id, await this.asked((queue) => queue.cancel(id)));
  }

  private async asked<T>(ask: (queue: ExperimentQueue) => Promise<T>): Promise<T> {
    requireExperiments(this.settings);
    try {
      return await ask(this.queue);
    } catch (error) {
      throw queueProblem(error);
    }
  }
}

function found(id: string, experiment: Experiment | undefined): Experiment {
  if (experiment !== undefined) return experiment;
  throw new ProblemException(
    'not-found',
    `There is no experiment ${id}: GET /experiments lists those that are kept.`,
  );
}
