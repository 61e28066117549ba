import { Module } from '@nestjs/common';
import { ClusterModule } from '../cluster/cluster.module.js';
import { QueueModule } from '../queue/queue.module.js';
import { Activity } from './activity.js';
import { EventsController } from './events.controller.js';
import { EventsService } from './events.service.js';
import { EvidenceLooks } from './evidence-looks.js';

/** `GET /events`: what nodes tell of themselves, and what this gateway does. */
@Module({
  imports: [ClusterModule, QueueModule],
  controllers: [EventsController],
  providers: [Activity, EventsService, EvidenceLooks],
  exports: [Activity],
})
export class EventsModule {}
