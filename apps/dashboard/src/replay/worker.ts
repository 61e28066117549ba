/** Runs the simulator, away from the page: the same code and the same seed as in Node. */

import { sha256 } from '@ccro/crypto';
import { errorMessage } from '@ccro/foreign-text';
import {
  readTrace,
  recordCase,
  recordSeed,
  rememberSignatures,
  type OnProgress,
  type Recording,
  type TraceLine,
} from '@ccro/simulator';
import type { Source } from './source.js';

/** How far a replay is on its way to the page. */
export type Loading =
  | { readonly kind: 'running'; readonly steps: number; readonly atMs: number }
  | {
      readonly kind: 'ready';
      readonly recording: Recording;
      /** What there is to say of a file that was dropped. */
      readonly remark: string;
    }
  | { readonly kind: 'failed'; readonly problem: string };

/** Steps between two reports. */
const REPORT_EVERY = 250;

rememberSignatures();

const tell = (message: Loading): void => self.postMessage(message);

const onProgress: OnProgress = (steps, atMs) => {
  if (steps % REPORT_EVERY === 0) tell({ kind: 'running', steps, atMs });
};

self.addEventListener('message', ({ data }: MessageEvent<Source>) => {
  recordingOf(data).then(tell, (error: unknown) =>
    tell({ kind: 'failed', problem: errorMessage(error) }),
  );
});

async function recordingOf(source: Source): Promise<Loading> {
  switch (source.kind) {
    case 'seed':
      return ready(await recordSeed(source.seed, source.choices, onProgress));
    case 'case':
      return ready(await recordCase(source.name, source.mode, onProgress));
    case 'trace':
      return recordingOfTrace(source.text);
  }
}

function ready(recording: Recording, remark = ''): Loading {
  return { kind: 'ready', recording, remark };
}

/** A trace names its seed: it is run again, and shown if it is the same to the last line. */
async function recordingOfTrace(text: string): Promise<Loading> {
  const trace = readTrace(text);
  if (trace === undefined) {
    throw new Error('This is no trace. "npm run simulate -- --seed 1 --trace FILE" writes one.');
  }
  const hash = sha256(text);
  if (trace.source !== undefined) {
    const { seed, choices } = trace.source;
    const recording = await recordSeed(seed, choices, onProgress);
    if (recording.hash === hash)
      return ready(recording, `The trace of seed ${seed}, line by line.`);
  }
  const remark =
    'This run cannot be had again here: another version or a protocol broken on purpose wrote ' +
    'the trace. Its lines are all there is.';
  return ready(linesAlone(hash, trace.lines), remark);
}

function linesAlone(hash: string, lines: readonly TraceLine[]): Recording {
  const steps = lines.map(({ atMs, text }) => ({ atMs, kind: 'note' as const, text }));
  const [first] = lines;
  const unknown = { about: '', mode: 'pbft', n: 0, f: 0, quorum: 0, begins: 0 } as const;
  return { ...unknown, title: first?.text ?? '', hash, steps, violations: [] };
}
