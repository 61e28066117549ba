import type { ClusterEvent } from '@ccro/telemetry';
import type { Store } from '../state/store.js';
import { currentKey, fetchWithKey, keyWanted, untilKeyOr } from './key.js';
import { shareEvents, SILENT_MS, type Read } from './shared-events.js';

const RETRY_MS = 2_000;

/**
 * Follows `GET /events` over every loss of the connection. By `fetch`, as `EventSource` sends no
 * headers and so no key.
 *
 * @returns a function that ends it
 */
export function followEvents(store: Store): () => void {
  const over = new AbortController();
  void follow(store, over.signal);
  return () => {
    over.abort();
    store.dispatch({ kind: 'connection', connection: 'connecting' });
  };
}

async function follow(store: Store, over: AbortSignal): Promise<void> {
  for (;;) {
    const read: Read = (onEvent) => readEvents(onEvent, over);
    const ended = await shareEvents(store, currentKey(), over, read).catch(() => false);
    if (over.aborted) return;
    // Another key may have been given until the lock was free: nobody will say so again.
    const locked = ended && keyWanted() !== undefined;
    store.dispatch({ kind: 'connection', connection: locked ? 'locked' : 'lost' });
    await untilKeyOr(locked ? undefined : RETRY_MS);
    if (over.aborted) return;
  }
}

/** Resolves when the stream is over, to whether that is for want of a key. */
async function readEvents(
  onEvent: (event: ClusterEvent) => void,
  over: AbortSignal,
): Promise<boolean> {
  const abort = new AbortController();
  over.addEventListener('abort', () => abort.abort(), { signal: abort.signal });
  let silence: ReturnType<typeof setTimeout> | undefined;
  const heard = (): void => {
    clearTimeout(silence);
    silence = setTimeout(() => abort.abort(), SILENT_MS);
  };
  heard();
  try {
    const { ok, status, body } = await fetchWithKey('/events', { signal: abort.signal });
    if (!ok || body === null) {
      // Or else another key was given while this one was on its way.
      return status === 401 && keyWanted() !== undefined;
    }
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    const frames = new EventFrames();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      heard();
      for (const event of frames.take(piece.value)) onEvent(event);
    }
    return false;
  } finally {
    clearTimeout(silence);
    abort.abort();
  }
}

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
