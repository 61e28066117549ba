import { ProblemException } from '@ccro/http';
import { Controller, Get, Header } from '@nestjs/common';
import { ReplicaService } from '../replica/replica.service.js';
import { StatusService } from './status.service.js';

const JSON_TYPE = 'application/json; charset=utf-8';

/** The node's own HTTP interface. */
@Controller()
export class StatusController {
  constructor(
    private readonly status: StatusService,
    private readonly replica: ReplicaService,
  ) {}

  /** The seed's users ask the root; it answers like `/status`. */
  @Get()
  @Header('content-type', JSON_TYPE)
  root(): string {
    return this.status.text();
  }

  @Get('status')
  @Header('content-type', JSON_TYPE)
  get(): string {
    return this.status.text();
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
