import type { Broker } from '@ccro/broker';
import { peekKind } from '@ccro/wire';

/**
 * What nodes say about themselves without being asked, and answers to questions: no part of a
 * decision, so it is left out.
 */
const NOT_OF_A_DECISION: ReadonlySet<string> = new Set(['status', 'query', 'answer']);

/** Deliveries of all brokers of one cluster that belong to decisions. */
export class DeliveryTally {
  readonly sum = { deliveries: 0, bytes: 0 };
  private readonly kinds = new Map<string, number>();

  /** Counts what `broker` publishes from now on. */
  watch(broker: Broker): void {
    const publish = broker.publish.bind(broker);
    broker.publish = async (channel, payload) => {
      const receivers = await publish(channel, payload);
      this.count(payload, receivers);
      return receivers;
    };
  }

  private count(payload: Uint8Array, receivers: number): void {
    const kind = peekKind(payload) ?? 'unreadable';
    if (NOT_OF_A_DECISION.has(kind)) return;
    this.sum.deliveries += receivers;
    this.sum.bytes += receivers * payload.byteLength;
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + receivers);
  }

  /** Deliveries of each kind of message. */
  get byKind(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.kinds);
  }
}
