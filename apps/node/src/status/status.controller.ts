import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { StatusService, type NodeStatus } from './status.service.js';

/** The node's own HTTP interface. */
@Controller()
export class StatusController {
  constructor(private readonly status: StatusService) {}

  /** The seed's users ask the root; it answers like `/status`. */
  @Get()
  root(): NodeStatus {
    return this.status.current();
  }

  @Get('status')
  get(): NodeStatus {
    return this.status.current();
  }

  @Get('health/live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** Ready when the broker is there and the node does not play dead. */
  @Get('health/ready')
  ready(): { status: 'ok' } {
    const { brokerConnected, up } = this.status.current();
    if (!brokerConnected) throw new ServiceUnavailableException('the broker cannot be reached');
    if (!up) throw new ServiceUnavailableException('this node plays dead (fault: offline)');
    return { status: 'ok' };
  }
}
