import { Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module.js';
import { QueueModule } from '../queue/queue.module.js';
import { SignedRequestsController } from './signed-requests.controller.js';
import { SignedRequestsService } from './signed-requests.service.js';

/** Requests that end users signed themselves. */
@Module({
  imports: [EventsModule, QueueModule],
  controllers: [SignedRequestsController],
  providers: [SignedRequestsService],
})
export class SignedRequestsModule {}
