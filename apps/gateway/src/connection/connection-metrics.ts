import { Inject, Injectable } from '@nestjs/common';
import { CcroClient } from '@ccro/client';
import { Gauge, Registry } from 'prom-client';
import { GATEWAY_SETTINGS } from '../gateway.constants.js';
import type { GatewaySettings } from '../gateway.options.js';

/** What is counted about the connection with the cluster, read when it is asked for. */
@Injectable()
export class ConnectionMetrics {
  constructor(
    registry: Registry,
    client: CcroClient,
    @Inject(GATEWAY_SETTINGS) { broker }: GatewaySettings,
  ) {
    const registers = [registry];
    new Gauge({
      name: 'ccro_gateway_broker_connected',
      help: '1 while the broker can be reached',
      registers,
      collect() {
        this.set(broker.connected ? 1 : 0);
      },
    });
    new Gauge({
      name: 'ccro_gateway_broker_total',
      help: 'What the gateway published: messages, their deliveries, delivered bytes',
      labelNames: ['what'],
      registers,
      collect() {
        const { published, deliveries, deliveredBytes } = broker.traffic().total;
        this.set({ what: 'published' }, published);
        this.set({ what: 'deliveries' }, deliveries);
        this.set({ what: 'delivered-bytes' }, deliveredBytes);
      },
    });
    new Gauge({
      name: 'ccro_gateway_retransmissions_total',
      help: 'Requests sent again',
      registers,
      collect() {
        this.set(client.counters().retransmitted);
      },
    });
    new Gauge({
      name: 'ccro_gateway_rejects_total',
      help: 'Messages not used, by reason',
      labelNames: ['reason'],
      registers,
      collect() {
        for (const [reason, count] of Object.entries(client.counters().rejects)) {
          this.set({ reason }, count);
        }
      },
    });
  }
}
