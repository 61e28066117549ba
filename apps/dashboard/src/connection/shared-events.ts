/**
 * One event stream for all tabs: browsers open six connections to a host, and with a stream in each
 * the seventh tab would never connect.
 *
 * The tab that holds the lock reads the stream and passes on what comes; when it goes, the lock and
 * the reading go to another. Tabs with another key have a lock of their own, so none receives more
 * than its key allows. Where browsers have no locks (a page over plain HTTP from another machine) every
 * tab reads for itself.
 */

import type { ClusterEvent } from '@ccro/telemetry';
import { movedTo, type DashboardState } from '../state/dashboard-state.js';
import type { Store } from '../state/store.js';

/** Something is said every second: after so long the connection, or the tab that leads, is lost. */
export const SILENT_MS = 6_000;

type Word =
  | { readonly kind: 'event'; readonly event: ClusterEvent }
  /** Of a tab that came later: what is known so far? */
  | { readonly kind: 'ask' }
  | { readonly kind: 'state'; readonly state: DashboardState; readonly originMs: number };

/** Reads the stream until it ends. @returns whether that is for want of a key */
export type Read = (onEvent: (event: ClusterEvent) => void) => Promise<boolean>;

/**
 * Reads the stream, or gets its events from the tab that reads it, until `over` ends it.
 *
 * @param key of this tab
 * @param over ends it
 * @returns what `read` says
 */
export async function shareEvents(
  store: Store,
  key: string | null,
  over: AbortSignal,
  read: Read,
): Promise<boolean> {
  const take = (event: ClusterEvent): void =>
    store.dispatch({ kind: 'event', event, nowMs: performance.now() });
  const { locks } = navigator as Partial<Navigator>;
  if (locks === undefined || typeof BroadcastChannel === 'undefined') return read(take);

  const name = `ccro-events ${key ?? ''}`;
  const channel = new BroadcastChannel(name);
  let leads = false;
  let silence: ReturnType<typeof setTimeout> | undefined;
  const heard = (): void => {
    clearTimeout(silence);
    silence = setTimeout(
      () => store.dispatch({ kind: 'connection', connection: 'lost' }),
      SILENT_MS,
    );
  };
  const say = (word: Word): void => channel.postMessage(word);
  channel.addEventListener('message', ({ data }: MessageEvent<Word>) => {
    if (data.kind === 'ask') {
      if (leads && store.current.hello !== undefined) {
        say({ kind: 'state', state: store.current, originMs: performance.timeOrigin });
      }
      return;
    }
    if (leads) return;
    heard();
    if (data.kind === 'event') take(data.event);
    else if (store.current.connection !== 'live') {
      store.dispatch({
        kind: 'adopt',
        state: movedTo(data.state, data.originMs - performance.timeOrigin),
      });
    }
    // It was away for a while: what came meanwhile is known to the tab that leads.
    if (store.current.connection === 'lost') say({ kind: 'ask' });
  });
  say({ kind: 'ask' });
  heard();
  try {
    return await locks.request(name, { signal: over }, () => {
      leads = true;
      clearTimeout(silence);
      return read((event) => {
        take(event);
        say({ kind: 'event', event });
      });
    });
  } finally {
    clearTimeout(silence);
    channel.close();
  }
}
