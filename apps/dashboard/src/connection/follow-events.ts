import type { ClusterEvent } from '@ccro/telemetry';
import type { Store } from '../state/store.js';

/** All types of events: the compiler sees to it that none is missing. */
const TYPES: Readonly<Record<ClusterEvent['type'], true>> = {
  hello: true,
  node: true,
  messages: true,
  decision: true,
  progress: true,
  evidence: true,
  decided: true,
  rates: true,
  skipped: true,
};

const RETRY_MS = 2_000;
/** The gateway says something every second: after so long the connection is as good as lost. */
const SILENT_MS = 6_000;

/** Follows `GET /events` for as long as the page is open, over every loss of the connection. */
export function followEvents(store: Store): void {
  const source = new EventSource('/events');
  let silence: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  const retry = (): void => {
    if (over) return;
    over = true;
    clearTimeout(silence);
    source.close();
    store.dispatch({ kind: 'connection', connection: 'lost' });
    setTimeout(() => followEvents(store), RETRY_MS);
  };
  const heard = (): void => {
    clearTimeout(silence);
    silence = setTimeout(retry, SILENT_MS);
  };
  for (const type of Object.keys(TYPES)) {
    source.addEventListener(type, ({ data }: MessageEvent<string>) => {
      heard();
      const event = JSON.parse(data) as ClusterEvent;
      store.dispatch({ kind: 'event', event, nowMs: performance.now() });
    });
  }
  source.addEventListener('error', retry);
  heard();
}
