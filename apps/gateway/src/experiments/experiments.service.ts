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
import { EXPERIMENT_QUEUE, type ExperimentQueue } from './queue/experiment-queue.js';

/** @throws from every method: ProblemException */
@Injectable()
export class ExperimentsService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(@Inject(EXPERIMENT_QUEUE) private readonly queue: ExperimentQueue) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.queue.open();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.queue.close();
  }

  create(request: PlanRequest): Promise<Experiment> {
    return orProblem(this.queue.add(planOf(request)));
  }

  list(): Promise<readonly ExperimentSummary[]> {
    return orProblem(this.queue.list());
  }

  async find(id: string): Promise<Experiment> {
    return found(id, await orProblem(this.queue.find(id)));
  }

  async cancel(id: string): Promise<Experiment> {
    return found(id, await orProblem(this.queue.cancel(id)));
  }
}

function found(id: string, experiment: Experiment | undefined): Experiment {
  if (experiment !== undefined) return experiment;
  throw new ProblemException(
    'not-found',
    `There is no experiment ${id}: GET /experiments lists those that are kept.`,
  );
}

async function orProblem<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw queueProblem(error);
  }
}
