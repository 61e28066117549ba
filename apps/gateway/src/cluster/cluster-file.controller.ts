import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { formatClusterFile } from '@ccro/cluster-config';
import { GATEWAY_SETTINGS, type GatewaySettings } from '../settings/gateway.options.js';

/** The cluster file, which is public. Callers that take it from here trust the gateway for the keys. */
@ApiTags('cluster')
@Controller('cluster')
export class ClusterFileController {
  constructor(@Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings) {}

  @Get()
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiOperation({ summary: 'The cluster file: members and clients with their public keys' })
  @ApiOkResponse()
  file(): string {
    return formatClusterFile(this.settings.config);
  }
}
