import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { CcroClient } from '@ccro/client';
import { ClusterService } from './cluster.service.js';

/** How often the nodes are asked; readiness asks them whenever it is asked. */
const LOOK_EVERY_MS = 10_000;

/**
 * Has the client compare its cluster file with what the nodes were told, from the start on: what the
 * client asks them first, and what is asked here later, is answered with that.
 */
@Injectable()
export class SettingsWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly client: CcroClient,
    private readonly cluster: ClusterService,
  ) {}

  onApplicationBootstrap(): void {
    void this.client.timestampsKnown();
    this.timer = setInterval(() => void this.cluster.statuses(), LOOK_EVERY_MS).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }
}
