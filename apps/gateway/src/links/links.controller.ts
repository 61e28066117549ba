import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { GATEWAY_SETTINGS, type GatewaySettings } from '../settings/gateway.options.js';
import { Needs } from '../auth/access.js';

/** Where things are. */
const LINKS = {
  requests: '/requests',
  status: '/status',
  nodes: '/nodes',
  ledger: '/ledger',
  events: '/events',
  experiments: '/experiments',
  health: '/health/ready',
  metrics: '/metrics',
  docs: '/docs',
} as const;

@ApiTags('operation')
@Controller()
export class LinksController {
  constructor(@Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings) {}

  @Get()
  @Needs('open')
  @ApiOperation({ summary: 'Where things are; for browsers, the page' })
  @ApiOkResponse()
  links(): { readonly cluster: string; readonly mode: string; readonly links: typeof LINKS } {
    const { cluster, mode } = this.settings.config;
    return { cluster, mode, links: LINKS };
  }
}
