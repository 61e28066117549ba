import { Module } from '@nestjs/common';
import { ClusterController } from './cluster.controller.js';
import { ClusterService } from './cluster.service.js';
import { FaultsService } from './faults.service.js';

@Module({
  controllers: [ClusterController],
  providers: [ClusterService, FaultsService],
  exports: [ClusterService],
})
export class ClusterModule {}
