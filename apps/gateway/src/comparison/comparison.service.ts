import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Quit } from '@ccro/clock';
import { compareModes, type Comparison, type ComparisonRequest } from '@ccro/experiment';
import { ProblemException } from '@ccro/http';
import { GATEWAY_SETTINGS } from '../gateway.constants.js';
import type { GatewaySettings } from '../gateway.options.js';
import { operationOf } from '../requests/operations.js';

/** The same request under both modes, in a process of its own; one comparison at a time. */
@Injectable()
export class ComparisonService implements BeforeApplicationShutdown {
  private readonly ending = new AbortController();
  private underWay: Promise<unknown> | undefined;

  constructor(@Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings) {}

  /** @throws ProblemException `overloaded`, `shutting-down`, or what is wrong with the data */
  async compare(request: ComparisonRequest): Promise<Comparison> {
    const operation = operationOf({ data: request.data }, this.settings.config);
    if (this.ending.signal.aborted) throw shuttingDown();
    if (this.underWay !== undefined) {
      throw new ProblemException(
        'overloaded',
        'A comparison is under way; try again in a second.',
        {
          headers: { 'retry-after': '1' },
        },
      );
    }
    const comparison = this.run(request, operation);
    this.underWay = comparison.catch(() => undefined);
    try {
      return await comparison;
    } catch (error) {
      throw error instanceof Quit ? shuttingDown() : error;
    } finally {
      this.underWay = undefined;
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.ending.abort();
    await this.underWay;
  }

  private async run(request: ComparisonRequest, operation: string): Promise<Comparison> {
    const observer = this.settings.createObserver();
    try {
      return await compareModes(request, operation, observer, this.ending.signal);
    } finally {
      await observer.close();
    }
  }
}

function shuttingDown(): ProblemException {
  return new ProblemException('shutting-down', 'The gateway is shutting down.');
}
