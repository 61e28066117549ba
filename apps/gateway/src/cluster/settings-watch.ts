import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { CcroClient } from '@ccro/client';
import { GATEWAY_SETTINGS } from '../gateway.constants.js';
import type { GatewaySettings } from '../gateway.options.js';

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
    @Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings,
    private readonly client: CcroClient,
  ) {}

  onApplicationBootstrap(): void {
    void this.client.timestampsKnown();
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    const { nodeTimeoutMs } = this.settings;
    this.client.settings.note(await this.client.queryAll({ type: 'status' }, nodeTimeoutMs));
  }
}
