import { useEffect, useState } from 'preact/hooks';
import { EMPTY_STATE, type DashboardState } from './dashboard-state.js';
import { reduce, type Action } from './reduce.js';

/** Holds the one state of the page; components hear of changes once a frame at the most. */
export class Store {
  private state = EMPTY_STATE;
  private readonly listeners = new Set<(state: DashboardState) => void>();
  private scheduled = false;

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
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
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

/** The time, now and then: silence has to be noticed too. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
