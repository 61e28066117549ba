import { Module } from '@nestjs/common';
import { ClusterModule } from '../cluster/cluster.module.js';
import { SignedRequestsController } from './signed-requests.controller.js';
import { SignedRequestsService } from './signed-requests.service.js';

/** Requests that end users signed themselves. */
@Module({
  imports: [ClusterModule],
  controllers: [SignedRequestsController],
  providers: [SignedRequestsService],
})
export class SignedRequestsModule {}
