import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { comparisonRequestSchema, type Comparison, type ComparisonRequest } from '@ccro/experiment';
import { whenOver } from '@ccro/http';
import type { FastifyReply } from 'fastify';
import { RouteRule } from '../auth/access.js';
import { ApiProblems } from '../openapi/api-problems.decorator.js';
import { ComparisonService } from './comparison.service.js';

@ApiTags('experiments')
@Controller('comparison')
export class ComparisonController {
  constructor(private readonly comparisons: ComparisonService) {}

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
  compare(
    @Body({ schema: comparisonRequestSchema }) request: ComparisonRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Comparison> {
    const over = new AbortController();
    whenOver(reply, () => over.abort());
    return this.comparisons.compare(request, over.signal);
  }
}
