import { Module } from '@nestjs/common';
import { ClusterController } from './cluster.controller.js';
import { ClusterFileController } from './cluster-file.controller.js';
import { ClusterService } from './cluster.service.js';
import { FaultsService } from './faults.service.js';

@Module({
  controllers: [ClusterController, ClusterFileController],
  providers: [ClusterService, FaultsService],
  exports: [ClusterService],
})
export class ClusterModule {}
