import { Controller, Get, Headers, Inject, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { GATEWAY_SETTINGS } from '../gateway.constants.js';
import type { GatewaySettings } from '../gateway.options.js';
import { Page, PAGE_HEADERS } from '../page/page.js';

/** Where things are. */
export interface Entrance {
  readonly cluster: string;
  readonly mode: 'ccro' | 'pbft';
  readonly links: Readonly<Record<string, string>>;
}

const LINKS = {
  requests: '/requests',
  status: '/status',
  nodes: '/nodes',
  ledger: '/ledger',
  events: '/events',
  health: '/health/ready',
  metrics: '/metrics',
  docs: '/docs',
} as const;

@ApiTags('operation')
@Controller()
export class EntranceController {
  constructor(
    @Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings,
    private readonly page: Page,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Where things are; for browsers, the page' })
  @ApiOkResponse()
  entrance(
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Entrance | string {
    void reply.header('vary', 'accept');
    const { html } = this.page;
    if (html !== undefined && accept?.includes('text/html') === true) {
      void reply.headers(PAGE_HEADERS);
      return html;
    }
    const { cluster, mode } = this.settings.config;
    return { cluster, mode, links: LINKS };
  }
}
