import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Needs } from '../auth/access.js';
import { ApiProblems } from '../openapi/api-problems.decorator.js';
import { HealthService, type Readiness } from './health.service.js';

@ApiTags('operation')
@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @Get('live')
  @Needs('open')
  @ApiOperation({ summary: 'Whether the gateway runs' })
  @ApiOkResponse()
  live(): { readonly status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  @Needs('open')
  @ApiOperation({ summary: 'Whether requests can be decided now' })
  @ApiOkResponse()
  @ApiProblems('broker-unreachable', 'queue-refused', 'settings-differ', 'quorum-unreachable')
  ready(): Promise<Readiness> {
    return this.health.readiness();
  }
}
