import { useEffect, useState } from 'preact/hooks';
import { askWorker } from '../connection/ask-worker.js';
import type { FromWorker } from './messages.js';
import type { Source } from './source.js';
import { Timeline } from './timeline.js';

/** How far a replay is on its way to the page. */
export type Loading =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'running'; readonly steps: number; readonly atMs: number }
  | { readonly kind: 'ready'; readonly timeline: Timeline; readonly remark: string }
  | { readonly kind: 'failed'; readonly problem: string };

/** Has a source run in a worker; another source ends the run before. */
export function useRecording(source: Source | undefined): Loading {
  const [loading, setLoading] = useState<Loading>({ kind: 'nothing' });
  useEffect(() => {
    if (source === undefined) {
      setLoading({ kind: 'nothing' });
      return undefined;
    }
    setLoading({ kind: 'running', steps: 0, atMs: 0 });
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    const stop = askWorker<FromWorker>(
      worker,
      source,
      (told) => {
        setLoading(loadingOf(told));
        if (told.kind !== 'progress') stop();
      },
      (problem) => setLoading({ kind: 'failed', problem }),
    );
    return stop;
  }, [source]);
  return loading;
}

function loadingOf(message: FromWorker): Loading {
  switch (message.kind) {
    case 'progress':
      return { kind: 'running', steps: message.steps, atMs: message.atMs };
    case 'done':
      return { kind: 'ready', timeline: new Timeline(message.recording), remark: message.remark };
    case 'failed':
      return { kind: 'failed', problem: message.problem };
  }
}
