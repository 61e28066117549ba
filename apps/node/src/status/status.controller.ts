import { ProblemException } from '@ccro/http';
import { Controller, Get } from '@nestjs/common';
import { ReplicaService } from '../replica/replica.service.js';
import { StatusService, type NodeStatus } from './status.service.js';

/** The node's own HTTP interface. */
@Controller()
export class StatusController {
  constructor(
    private readonly status: StatusService,
    private readonly replica: ReplicaService,
  ) {}

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

  /** Ready when clients may count on this node: see docs/OPERATIONS.md. */
  @Get('health/ready')
  ready(): { status: 'ok' } {
    const reason = this.replica.notReady();
    if (reason !== undefined) throw new ProblemException('not-ready', reason);
    return { status: 'ok' };
  }
}
