import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { anyOf, Quit } from '@ccro/clock';
import { compareModes, type Comparison, type ComparisonRequest } from '@ccro/experiment';
import { ProblemException } from '@ccro/http';
import { requireExperiments } from '../experiments/switch.js';
import { GATEWAY_SETTINGS, type GatewaySettings } from '../settings/gateway.options.js';
import { operationOf } from '../requests/operations.js';

/** The same request under both modes, in a process of its own. Each caller may have one at a time. */
@Injectable()
export class ComparisonService implements BeforeApplicationShutdown {
  private readonly ending = new AbortController();
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(@Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings) {}

  /**
   * @param over aborts when nobody waits for it any more, at the latest when it was answered
   * @throws ProblemException `experiments-disabled`, `shutting-down`, or what is wrong with the data
   */
  async compare(request: ComparisonRequest, over: AbortSignal): Promise<Comparison> {
    requireExperiments(this.settings);
    const operation = operationOf({ data: request.data }, this.settings.config);
    if (this.ending.signal.aborted) throw shuttingDown();
    const comparison = this.run(request, operation, anyOf(this.ending.signal, over));
    const ended = comparison.catch(() => undefined);
    this.underWay.add(ended);
    try {
      return await comparison;
    } catch (error) {
      throw error instanceof Quit ? shuttingDown() : error;
    } finally {
      this.underWay.delete(ended);
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.ending.abort();
    await Promise.all(this.underWay);
  }

  private async run(
    request: ComparisonRequest,
    operation: string,
    signal: AbortSignal,
  ): Promise<Comparison> {
    const observer = this.settings.createObserver();
    try {
      return await compareModes(request, operation, observer, signal);
    } finally {
      await observer.close();
    }
  }
}

function shuttingDown(): ProblemException {
  return new ProblemException('shutting-down', 'The gateway is shutting down.');
}
