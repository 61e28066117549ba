import { ProblemException } from '@ccro/http';
import type { SlotTrafficCount } from '@ccro/runner';
import { Controller, Get, Header, Param, ParseIntPipe } from '@nestjs/common';
import { StatusMetrics } from '../metrics/status-metrics.js';
import { ReplicaService } from '../replica/replica.service.js';
import { StatusService } from './status.service.js';

const JSON_TYPE = 'application/json; charset=utf-8';
const NO_TRAFFIC: SlotTrafficCount = { published: 0, deliveries: 0, deliveredBytes: 0 };

/** The node's own HTTP interface. */
@Controller()
export class StatusController {
  constructor(
    private readonly status: StatusService,
    private readonly replica: ReplicaService,
    private readonly statusMetrics: StatusMetrics,
  ) {}

  /** The seed's users ask the root; it answers like `/status`. */
  @Get(['', 'status'])
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

  /** What this node published about a slot: of the newest 256. */
  @Get('slots/:sequence/traffic')
  traffic(@Param('sequence', ParseIntPipe) sequence: number): SlotTrafficCount {
    return this.replica.runner.trafficOf(sequence) ?? NO_TRAFFIC;
  }

  /** Metrics for Prometheus: docs/METRICS.md lists them. */
  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  metrics(): Promise<string> {
    return this.statusMetrics.text();
  }
}
