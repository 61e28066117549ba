import { Module } from '@nestjs/common';
import { QueueModule } from '../queue/queue.module.js';
import { ClusterController } from './cluster.controller.js';
import { ClusterService } from './cluster.service.js';
import { EvidenceJudge } from './evidence-judge.js';

@Module({
  imports: [QueueModule],
  controllers: [ClusterController],
  providers: [ClusterService, EvidenceJudge],
  exports: [ClusterService, EvidenceJudge],
})
export class ClusterModule {}
