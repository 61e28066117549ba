import type { ClusterEvent } from '@ccro/telemetry';

/** All types of events: the compiler checks that none is missing. */
const TYPES: Readonly<Record<ClusterEvent['type'], true>> = {
  hello: true,
  node: true,
  messages: true,
  decision: true,
  progress: true,
  evidence: true,
  decided: true,
  rates: true,
  history: true,
  skipped: true,
};

/** Server-sent events, as the gateway writes them, out of the pieces that they arrive in. */
export class EventFrames {
  private rest = '';

  /** @returns the events that `text` completes; those of types that are not known are left out */
  take(text: string): ClusterEvent[] {
    const frames = (this.rest + text).split('\n\n');
    this.rest = frames.pop() ?? '';
    return frames.flatMap((frame) => {
      const data = /^data: (.*)$/m.exec(frame)?.[1];
      if (data === undefined) return [];
      const event = JSON.parse(data) as ClusterEvent;
      return Object.hasOwn(TYPES, event.type) ? [event] : [];
    });
  }
}
