import { Injectable } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';

/** What every program has, under the names that every dashboard knows. */
@Injectable()
export class ProcessMetrics {
  constructor(registry: Registry) {
    const registers = [registry];
    new Gauge({
      name: 'process_start_time_seconds',
      help: 'When the process started, in seconds since 1970',
      registers,
    }).set(performance.timeOrigin / 1000);
    new Gauge({
      name: 'process_resident_memory_bytes',
      help: 'Resident memory of the process',
      registers,
      collect() {
        this.set(process.memoryUsage.rss());
      },
    });
  }
}
