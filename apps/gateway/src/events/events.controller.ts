import { Controller, Get, Req, Res } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { whenOver } from '@ccro/http';
import { BROKER_TRANSPORT, BrokerContext } from '@ccro/transport';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RouteRule } from '../auth/access.js';
import { ApiProblems } from '../openapi/openapi.js';
import { EventsService } from './events.service.js';

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // For proxies that would collect events before they pass them on.
  'x-accel-buffering': 'no',
} as const;

@ApiTags('operation')
@Controller()
export class EventsController {
  constructor(private readonly events: EventsService) {}

  @Get('events')
  @RouteRule({ shares: 'events' })
  @ApiOperation({ summary: 'What happens in the cluster, as server-sent events' })
  @ApiOkResponse({ content: { 'text/event-stream': { schema: { type: 'string' } } } })
  @ApiProblems('overloaded')
  follow(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    // Not Nest's `@Sse`: what a slow reader does not take would wait in memory without bound.
    reply.hijack();
    // What hooks have set of this answer, such as CORS, Fastify would write.
    for (const [name, value = ''] of Object.entries(reply.getHeaders())) {
      reply.raw.setHeader(name, value);
    }
    reply.raw.writeHead(200, HEADERS);
    if (request.method === 'HEAD') {
      reply.raw.end();
      return;
    }
    whenOver(reply, this.events.open(reply.raw));
  }

  @EventPattern<string[]>(['telemetry'], BROKER_TRANSPORT)
  receive(@Payload() payload: Uint8Array, @Ctx() context: BrokerContext): void {
    this.events.receive(context.getChannel(), payload);
  }
}
