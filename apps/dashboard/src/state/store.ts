import { useEffect, useState } from 'preact/hooks';
import { EMPTY_STATE, type DashboardState } from './dashboard-state.js';
import { reduce, type Action } from './reduce.js';

/** Events are followed for so long after nobody wants them: another page may want them as well. */
const LINGER_MS = 5_000;

/** Tells a store what happens. @returns a function that ends that */
export type Follow = (store: Store) => () => void;

/** Holds the one state of the page; components hear of changes once a frame at the most. */
export class Store {
  private state = EMPTY_STATE;
  private readonly listeners = new Set<(state: DashboardState) => void>();
  private scheduled = false;
  private unfollow: (() => void) | undefined;
  private leaving: ReturnType<typeof setTimeout> | undefined;

  /** @param follow is called with the first listener: pages that show no events ask for none */
  constructor(private readonly follow: Follow) {}

  get current(): DashboardState {
    return this.state;
  }

  dispatch(action: Action): void {
    this.state = reduce(this.state, action);
    if (this.scheduled) return;
    this.scheduled = true;
    // Not by animation frames alone: a page in the background has none.
    setTimeout(() => {
      this.scheduled = false;
      for (const listener of this.listeners) listener(this.state);
    }, 16);
  }

  subscribe(listener: (state: DashboardState) => void): () => void {
    clearTimeout(this.leaving);
    this.listeners.add(listener);
    this.unfollow ??= this.follow(this);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.leaving = setTimeout(() => this.leave(), LINGER_MS);
    };
  }

  private leave(): void {
    this.unfollow?.();
    this.unfollow = undefined;
  }
}

export function useDashboard(store: Store): DashboardState {
  const [state, setState] = useState(store.current);
  useEffect(() => {
    // Something may have happened since this was drawn.
    setState(store.current);
    return store.subscribe(setState);
  }, [store]);
  return state;
}

/** Has events followed for as long as the component is there, which reads the store itself. */
export function useEvents(store: Store): void {
  useEffect(() => store.subscribe(() => undefined), [store]);
}

/** The time, now and then: silence has to be noticed too. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
