import {
  Body,
  Controller,
  HttpCode,
  Inject,
  Post,
  Res,
  type BeforeApplicationShutdown,
} from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { anyOf, Quit } from '@ccro/clock';
import {
  compareModes,
  comparisonRequestSchema,
  type Comparison,
  type ComparisonRequest,
} from '@ccro/experiment';
import { ProblemException, whenOver } from '@ccro/http';
import type { FastifyReply } from 'fastify';
import { RouteRule } from '../auth/access.js';
import { requireExperiments } from '../experiments/switch.js';
import { ApiProblems } from '../openapi/openapi.js';
import { operationOf } from '../requests/operations.js';
import { GATEWAY_SETTINGS, type GatewaySettings } from '../settings/gateway.options.js';

/** The same request under both modes, in a process of its own. Each caller may have one at a time. */
@ApiTags('experiments')
@Controller('comparison')
export class ComparisonController implements BeforeApplicationShutdown {
  private readonly ending = new AbortController();
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(@Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings) {}

  @Post()
  @RouteRule({ shares: 'comparisons' })
  @HttpCode(200)
  @ApiOperation({
    summary: 'One request under PBFT and under CCRO, in small clusters of their own, side by side',
  })
  @ApiOkResponse()
  @ApiProblems(
    'malformed-request',
    'invalid-request',
    'unsupported-media-type',
    'overloaded',
    'shutting-down',
  )
  async compare(
    @Body({ schema: comparisonRequestSchema }) request: ComparisonRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Comparison> {
    // Aborts when nobody waits for it any more, at the latest when it was answered.
    const over = new AbortController();
    whenOver(reply, () => over.abort());
    requireExperiments(this.settings);
    const operation = operationOf({ data: request.data }, this.settings.config);
    if (this.ending.signal.aborted) throw shuttingDown();
    const comparison = this.run(request, operation, anyOf(this.ending.signal, over.signal));
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
