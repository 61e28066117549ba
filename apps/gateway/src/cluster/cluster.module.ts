import { Module } from '@nestjs/common';
import { QueueModule } from '../queue/queue.module.js';
import { ClusterController } from './cluster.controller.js';
import { ClusterFileController } from './cluster-file.controller.js';
import { ClusterService } from './cluster.service.js';
import { EvidenceJudge } from './evidence-judge.js';
import { FaultsService } from './faults.service.js';
import { SettingsWatch } from './settings-watch.js';

@Module({
  imports: [QueueModule],
  controllers: [ClusterController, ClusterFileController],
  providers: [ClusterService, EvidenceJudge, FaultsService, SettingsWatch],
  exports: [ClusterService, EvidenceJudge],
})
export class ClusterModule {}
