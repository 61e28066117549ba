import { ProblemFilter } from '@ccro/http';
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ControlService } from './control/control.service.js';
import { NODE_OPTIONS, type NodeOptions } from './node-options.js';
import { OPENED_STORE, type OpenedStore } from './replica/opened-store.js';
import { ReplicaService } from './replica/replica.service.js';
import { ReplicaMetrics } from './metrics/replica-metrics.js';
import { StatusMetrics } from './metrics/status-metrics.js';
import { StatusController } from './status/status.controller.js';
import { StatusService } from './status/status.service.js';

/** One replica and its interfaces: the broker's channels and a little HTTP. */
@Module({})
export class NodeModule {
  static forRoot(options: NodeOptions, opened: OpenedStore): DynamicModule {
    return {
      module: NodeModule,
      controllers: [StatusController],
      providers: [
        { provide: NODE_OPTIONS, useValue: options },
        { provide: OPENED_STORE, useValue: opened },
        { provide: APP_FILTER, useClass: ProblemFilter },
        ReplicaMetrics,
        ReplicaService,
        StatusService,
        StatusMetrics,
        ControlService,
      ],
    };
  }
}
