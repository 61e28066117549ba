import { Controller, Get, Header } from '@nestjs/common';
import { StatusMetrics } from './status-metrics.js';

/** Metrics for Prometheus: docs/METRICS.md lists them. */
@Controller('metrics')
export class MetricsController {
  constructor(private readonly status: StatusMetrics) {}

  @Get()
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  metrics(): Promise<string> {
    return this.status.text();
  }
}
