import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { ProblemFilter } from '@ccro/http';
import { ClusterModule } from './cluster/cluster.module.js';
import { ComparisonModule } from './comparison/comparison.module.js';
import { ConnectionModule } from './connection/connection.module.js';
import { EventsModule } from './events/events.module.js';
import { LinksController } from './links/links.controller.js';
import { ExperimentsModule } from './experiments/experiments.module.js';
import type { GatewayOptions } from './settings/gateway.options.js';
import { HealthModule } from './health/health.module.js';
import { KvModule } from './kv/kv.module.js';
import { LedgerModule } from './ledger/ledger.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { Page } from './page/page.js';
import { RequestValidationPipe } from './problem/request-validation.pipe.js';
import { ReceiptsModule } from './receipts/receipts.module.js';
import { RequestsModule } from './requests/requests.module.js';
import { SignedRequestsModule } from './signed/signed-requests.module.js';

/** HTTP outside, one client of the cluster inside. */
@Module({})
export class GatewayModule {
  static forRoot(options: GatewayOptions): DynamicModule {
    return {
      module: GatewayModule,
      imports: [
        MetricsModule,
        ConnectionModule.forRoot(options),
        ClusterModule,
        RequestsModule,
        SignedRequestsModule,
        LedgerModule,
        ReceiptsModule,
        KvModule,
        HealthModule,
        EventsModule,
        ExperimentsModule,
        ComparisonModule,
      ],
      controllers: [LinksController],
      providers: [
        { provide: Page, useFactory: () => Page.read(options.pageDirectory) },
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_PIPE, useClass: RequestValidationPipe },
      ],
    };
  }
}
