import type { ClusterEvent } from '@ccro/telemetry';
import { onTestFinished } from 'vitest';

/** A reader of `GET /events`, until it is closed or the test has finished. */
export interface EventReader {
  readonly response: Response;
  /** What came so far. */
  readonly events: readonly ClusterEvent[];
  readonly close: () => void;
  /** Resolves when the stream is over, whoever ended it. */
  readonly ended: Promise<void>;
}

/** Follows the events of the gateway at `url`. */
export async function followEvents(url: string): Promise<EventReader> {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const response = await fetch(`${url}/events`, { signal: abort.signal });
  const events: ClusterEvent[] = [];
  return {
    response,
    events,
    close: () => abort.abort(),
    ended: collect(response, events).catch(() => undefined),
  };
}

async function collect({ body }: Response, events: ClusterEvent[]): Promise<void> {
  if (body === null) return;
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const frames = text.split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      const data = /^data: (.*)$/m.exec(frame)?.[1];
      if (data !== undefined) events.push(JSON.parse(data) as ClusterEvent);
    }
  }
}
