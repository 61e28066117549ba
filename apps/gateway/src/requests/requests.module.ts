import { Module } from '@nestjs/common';
import { ClusterModule } from '../cluster/cluster.module.js';
import { GATEWAY_SETTINGS } from '../gateway.constants.js';
import type { GatewaySettings } from '../gateway.options.js';
import { InMemoryRequestRegistry } from './in-memory-request-registry.js';
import { RequestMetrics } from './request-metrics.js';
import { REQUEST_REGISTRY } from './request-registry.js';
import { RequestsController } from './requests.controller.js';
import { RequestsService } from './requests.service.js';

@Module({
  imports: [ClusterModule],
  controllers: [RequestsController],
  providers: [
    RequestsService,
    RequestMetrics,
    {
      provide: REQUEST_REGISTRY,
      inject: [GATEWAY_SETTINGS],
      useFactory: ({ maxFinishedRequests }: GatewaySettings) =>
        new InMemoryRequestRegistry(maxFinishedRequests),
    },
  ],
  exports: [RequestsService],
})
export class RequestsModule {}
