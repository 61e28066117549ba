import { kindOfChannel, type ChannelKind } from './channels.js';

/** Counts of messages and bytes; `deliveries` counts a message once per receiver. */
export interface TrafficCount {
  /** Messages the broker accepted. */
  readonly published: number;
  /** Receivers the broker delivered them to, as PUBLISH returns them. */
  readonly deliveries: number;
  /** Payload bytes, once per receiver. */
  readonly deliveredBytes: number;
}

/**
 * What one broker connection published since it was made: per kind of channel, and in total but
 * for telemetry, which is no part of the protocol and comes and goes with those who watch.
 */
export interface Traffic {
  readonly total: TrafficCount;
  readonly byKind: Readonly<Record<ChannelKind | 'other', TrafficCount>>;
}

type MutableCount = { -readonly [Key in keyof TrafficCount]: TrafficCount[Key] };

const none = (): MutableCount => ({ published: 0, deliveries: 0, deliveredBytes: 0 });

/** What several connections published in all. */
export function sumOfTraffic(counts: readonly TrafficCount[]): TrafficCount {
  const sum = none();
  for (const { published, deliveries, deliveredBytes } of counts) {
    sum.published += published;
    sum.deliveries += deliveries;
    sum.deliveredBytes += deliveredBytes;
  }
  return sum;
}

/** Counts what one broker publishes. */
export class TrafficCounter {
  private readonly byKind = {
    broadcast: none(),
    node: none(),
    client: none(),
    telemetry: none(),
    other: none(),
  };

  count(channel: string, payloadBytes: number, receivers: number): void {
    const count = this.byKind[kindOfChannel(channel) ?? 'other'];
    count.published += 1;
    count.deliveries += receivers;
    count.deliveredBytes += payloadBytes * receivers;
  }

  /** A copy of the counts so far. */
  traffic(): Traffic {
    const { broadcast, node, client, telemetry, other } = this.byKind;
    return {
      total: sumOfTraffic([broadcast, node, client, other]),
      byKind: {
        broadcast: { ...broadcast },
        node: { ...node },
        client: { ...client },
        telemetry: { ...telemetry },
        other: { ...other },
      },
    };
  }
}
