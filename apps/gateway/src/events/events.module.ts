import { Module } from '@nestjs/common';
import { QueueModule } from '../queue/queue.module.js';
import { Activity } from './activity.js';
import { EventsController } from './events.controller.js';
import { EventsService } from './events.service.js';

/** `GET /events`: what nodes tell of themselves, and what this gateway does. */
@Module({
  imports: [QueueModule],
  controllers: [EventsController],
  providers: [Activity, EventsService],
  exports: [Activity],
})
export class EventsModule {}
