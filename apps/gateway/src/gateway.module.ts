import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { ProblemFilter } from '@ccro/http';
import { Registry } from 'prom-client';
import { ClusterModule } from './cluster/cluster.module.js';
import { ComparisonController } from './comparison/comparison.controller.js';
import { ConnectionModule } from './connection/connection.module.js';
import { EventsModule } from './events/events.module.js';
import { ExperimentsModule } from './experiments/experiments.module.js';
import { HealthController } from './health/health.controller.js';
import { KvController } from './kv/kv.controller.js';
import { LedgerController } from './ledger/ledger.controller.js';
import { LedgerService } from './ledger/ledger.service.js';
import { LinksController } from './links/links.controller.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { Page } from './page/page.js';
import { RequestValidationPipe } from './problem/request-validation.pipe.js';
import { QueueModule } from './queue/queue.module.js';
import { ReceiptsController } from './receipts/receipts.controller.js';
import { RequestsModule } from './requests/requests.module.js';
import type { GatewayOptions } from './settings/gateway.options.js';
import { SignedRequestsController } from './signed/signed-requests.controller.js';

/** HTTP outside, one client of the cluster inside. What no other part needs is its own. */
@Module({})
export class GatewayModule {
  static forRoot(options: GatewayOptions): DynamicModule {
    return {
      module: GatewayModule,
      imports: [
        ConnectionModule.forRoot(options),
        QueueModule,
        ClusterModule,
        EventsModule,
        // What is later opens later, and closes earlier.
        RequestsModule,
        ExperimentsModule,
      ],
      controllers: [
        LinksController,
        SignedRequestsController,
        LedgerController,
        ReceiptsController,
        KvController,
        HealthController,
        MetricsController,
        ComparisonController,
      ],
      providers: [
        LedgerService,
        { provide: Registry, useFactory: () => new Registry() },
        { provide: Page, useFactory: () => Page.read(options.pageDirectory) },
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_PIPE, useClass: RequestValidationPipe },
      ],
    };
  }
}
