import { Controller, Get, Param, ParseIntPipe } from '@nestjs/common';
import type { SlotTrafficCount } from '@ccro/runner';
import { ReplicaService } from '../replica/replica.service.js';

const NOTHING: SlotTrafficCount = { published: 0, deliveries: 0, deliveredBytes: 0 };

/** What this node knows of single slots, beside their decisions. */
@Controller('slots')
export class SlotsController {
  constructor(private readonly replica: ReplicaService) {}

  /** What this node published about a slot: of the newest 256. */
  @Get(':sequence/traffic')
  traffic(@Param('sequence', ParseIntPipe) sequence: number): SlotTrafficCount {
    return this.replica.runner.trafficOf(sequence) ?? NOTHING;
  }
}
