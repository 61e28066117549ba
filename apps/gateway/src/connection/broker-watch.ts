import type { Broker } from '@ccro/broker';

/** A broker that is away for less than this is no outage: it happens at every reconnection. */
const OUTAGE_AFTER_MS = 500;
/** A connection is tried anew at least this often: the longest pause between attempts, and one. */
const RECONNECTED_WITHIN_MS = 1500;

/** Tells when the broker, or whatever else has a connection, is away for longer than a moment. */
export class BrokerWatch {
  private readonly listeners = new Set<() => void>();
  private outage = false;
  private lossCount = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly broker: Pick<Broker, 'connected' | 'onConnectionChange' | 'troubles'>,
  ) {
    broker.onConnectionChange((connected) => this.onChange(connected));
  }

  get connected(): boolean {
    return this.broker.connected;
  }

  /** How often the connection was lost, for however short a time. */
  get losses(): number {
    return this.lossCount;
  }

  /** What it refuses, in words. */
  get trouble(): string | undefined {
    return this.broker.troubles?.reason;
  }

  /**
   * Calls `listener` once when an outage begins, at once if there is one.
   *
   * @returns a function that removes it
   */
  onOutage(listener: () => void): () => void {
    if (this.outage) {
      listener();
      return () => undefined;
    }
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Notes that the broker has just answered over another connection. The outage is over then, except
   * for the broker's own connection: unless that is back at its next attempt, a new outage begins.
   */
  answersElsewhere(): void {
    if (this.outage) this.beginAfter(RECONNECTED_WITHIN_MS);
  }

  private onChange(connected: boolean): void {
    clearTimeout(this.timer);
    this.outage = false;
    if (connected) return;
    this.lossCount += 1;
    this.beginAfter(OUTAGE_AFTER_MS);
  }

  private beginAfter(delayMs: number): void {
    this.outage = false;
    this.timer = setTimeout(() => this.begin(), delayMs);
    this.timer.unref();
  }

  private begin(): void {
    this.outage = true;
    for (const listener of this.listeners) listener();
    this.listeners.clear();
  }
}
