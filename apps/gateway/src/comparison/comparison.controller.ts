import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { comparisonRequestSchema, type Comparison, type ComparisonRequest } from '@ccro/experiment';
import { AtDoor } from '../door/access.js';
import { ApiProblems } from '../openapi/api-problems.decorator.js';
import { ComparisonService } from './comparison.service.js';

@ApiTags('experiments')
@Controller('comparison')
export class ComparisonController {
  constructor(private readonly comparisons: ComparisonService) {}

  @Post()
  @AtDoor({ shares: 'comparisons' })
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
  ): Promise<Comparison> {
    return this.comparisons.compare(request);
  }
}
