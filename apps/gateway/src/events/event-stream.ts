import type { ClusterEvent } from '@ccro/telemetry';

/** Bytes that wait for a slow reader at most; what comes meanwhile is skipped and counted. */
export const MAX_WAITING_BYTES = 256 * 1024;

/** The connection of a reader: an HTTP response, as far as it is used. */
export interface EventOutput {
  /** Bytes written that the reader has not taken yet. */
  readonly writableLength: number;
  write(text: string): unknown;
  end(): unknown;
  destroy(): unknown;
}

/**
 * One reader of server-sent events. What is kept for it is bounded: a reader that is too slow
 * loses events and is told how many; one that takes nothing between two checks is disconnected.
 */
export class EventStream {
  private skipped = 0;
  private wasFull = false;

  constructor(private readonly output: EventOutput) {}

  /** @param frame an event as `eventFrame` makes it: one text for all readers */
  send(frame: string): void {
    if (this.isFull()) {
      this.skipped += 1;
      return;
    }
    if (this.skipped > 0) {
      this.output.write(eventFrame({ type: 'skipped', count: this.skipped }));
      this.skipped = 0;
    }
    this.output.write(frame);
  }

  /** To be called periodically. Disconnects a reader that was full at the last check as well. */
  check(): void {
    const isFull = this.isFull();
    if (isFull && this.wasFull) this.output.destroy();
    this.wasFull = isFull;
  }

  end(): void {
    this.output.end();
  }

  private isFull(): boolean {
    return this.output.writableLength > MAX_WAITING_BYTES;
  }
}

/** An event as it travels. JSON has no line breaks of its own. */
export function eventFrame(event: ClusterEvent, id?: string): string {
  const idLine = id === undefined ? '' : `id: ${id}\n`;
  return `${idLine}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
