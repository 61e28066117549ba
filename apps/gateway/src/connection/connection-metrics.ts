import { Inject, Injectable } from '@nestjs/common';
import { CcroClient } from '@ccro/client';
import { Counter, Gauge, Registry } from 'prom-client';
import { GATEWAY_SETTINGS, type GatewaySettings } from '../settings/gateway.options.js';

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
      name: 'ccro_gateway_view',
      help: 'The view that the gateway believes the cluster to be in',
      registers,
      collect() {
        this.set(client.view);
      },
    });
    new Counter({
      name: 'ccro_gateway_broker_total',
      help: 'What the gateway published: messages, their deliveries, delivered bytes',
      labelNames: ['what'],
      registers,
      collect() {
        this.reset();
        const { published, deliveries, deliveredBytes } = broker.traffic().total;
        this.inc({ what: 'published' }, published);
        this.inc({ what: 'deliveries' }, deliveries);
        this.inc({ what: 'delivered-bytes' }, deliveredBytes);
      },
    });
    new Counter({
      name: 'ccro_gateway_retransmissions_total',
      help: 'Requests sent again',
      registers,
      collect() {
        this.reset();
        this.inc(client.counters().retransmitted);
      },
    });
    new Counter({
      name: 'ccro_gateway_rejects_total',
      help: 'Messages not used, by reason',
      labelNames: ['reason'],
      registers,
      collect() {
        this.reset();
        for (const [reason, count] of Object.entries(client.counters().rejects)) {
          this.inc({ reason }, count);
        }
      },
    });
  }
}
