import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RouteRule } from '../auth/access.js';
import { ApiProblems } from '../openapi/api-problems.decorator.js';
import type { DecidedAnswer } from '../answers/request-record.js';
import { signedRequestSchema, type SignedRequestDto } from './signed-request.dto.js';
import { SignedRequestsService } from './signed-requests.service.js';

@ApiTags('requests')
@Controller('requests/signed')
export class SignedRequestsController {
  constructor(private readonly requests: SignedRequestsService) {}

  @Post()
  @RouteRule({ shares: 'signed' })
  @HttpCode(200)
  @ApiOperation({ summary: 'Passes on a request that its client signed with a key of its own' })
  @ApiOkResponse({ description: 'Decided' })
  @ApiProblems(
    'malformed-request',
    'invalid-request',
    'timestamp-conflict',
    'no-longer-kept',
    'payload-too-large',
    'unsupported-media-type',
    'overloaded',
    'broker-unreachable',
    'shutting-down',
    'decision-timeout',
  )
  submit(@Body({ schema: signedRequestSchema }) request: SignedRequestDto): Promise<DecidedAnswer> {
    return this.requests.carry(request);
  }
}
