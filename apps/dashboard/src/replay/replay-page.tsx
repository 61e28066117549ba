import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { askWorker } from '../connection/ask-worker.js';
import { Link } from '../page/link.js';
import { Problem } from '../panels/problem.js';
import { Timeline } from './knowledge.js';
import { Moment } from './moment.js';
import { MomentRing } from './moment-ring.js';
import { NodesKnowledge } from './node-knowledge.js';
import { Controls, usePlayer } from './player.js';
import './replay.css';
import { EVERYTHING, selected, type Selection } from './selection.js';
import { SourceForm } from './source-form.js';
import { sourceIn, stepIn, withStep, type Source } from './source.js';
import { SelectionForm, StepList } from './time-line.js';
import type { Loading } from './worker.js';

/** How long a step has been looked at before the address names it. */
const ADDRESS_AFTER_MS = 400;

/** Runs of the simulator, in the browser itself, step by step. */
export function ReplayPage(): JSX.Element {
  const [source, setSource] = useState<Source | undefined>(() => sourceIn(location.search));
  const loading = useRecording(source);
  useEffect(() => {
    const follow = (): void => setSource(sourceIn(location.search));
    addEventListener('popstate', follow);
    return () => removeEventListener('popstate', follow);
  }, []);
  const go = (query: string, to: Source | undefined): void => {
    history.pushState(undefined, '', location.pathname + query);
    setSource(to);
  };
  return (
    <div class="replay">
      <SourceForm
        open={loading === undefined || loading.kind === 'failed'}
        onQuery={(query) => go(query, sourceIn(query))}
        onTrace={(text) => go('', { kind: 'trace', text })}
      />
      {loading === undefined && (
        <p class="quiet">
          Begin with{' '}
          <Link to="/replay?case=equivocating-commander">a commander that equivocates</Link> or{' '}
          <Link to="/replay?case=dead-collector">a dead collector</Link>.
        </p>
      )}
      {loading?.kind === 'running' && (
        <p role="status">
          Running: {loading.steps} steps, {(loading.atMs / 1_000).toFixed(1)} s of virtual time. A
          run with BLS signatures may take a minute here.
        </p>
      )}
      <Problem text={loading?.kind === 'failed' ? loading.problem : undefined} />
      {loading?.kind === 'ready' && <Replay key={loading.recording.hash} {...loading} />}
    </div>
  );
}

/** Has a source run in a worker; another source ends the run before. */
function useRecording(source: Source | undefined): Loading | undefined {
  const [loading, setLoading] = useState<Loading | undefined>();
  useEffect(() => {
    setLoading(source && { kind: 'running', steps: 0, atMs: 0 });
    if (source === undefined) return undefined;
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    const take = (told: Loading): void => {
      setLoading(told);
      if (told.kind !== 'running') stop();
    };
    const stop = askWorker(worker, source, take, (problem) =>
      setLoading({ kind: 'failed', problem }),
    );
    return stop;
  }, [source]);
  return loading;
}

type Run = Pick<Extract<Loading, { kind: 'ready' }>, 'recording' | 'remark'>;

/** A run that is there, from its first step to its last. */
function Replay({ recording, remark }: Run): JSX.Element {
  const timeline = useMemo(() => new Timeline(recording), [recording]);
  const { steps } = recording;
  const [selection, setSelection] = useState<Selection>(EVERYTHING);
  const [node, setNode] = useState<number | undefined>();
  const shown = useMemo(() => selected(steps, selection), [steps, selection]);
  const first = stepIn(location.search) ?? recording.begins + 1;
  const player = usePlayer(steps, shown, Math.max(0, Math.min(first, steps.length) - 1));
  const { index, playing, show } = player;
  useEffect(() => {
    if (playing) return undefined;
    // Browsers refuse an address that changes with every key pressed.
    const timer = setTimeout(() => {
      history.replaceState(undefined, '', location.pathname + withStep(location.search, index + 1));
    }, ADDRESS_AFTER_MS);
    return () => clearTimeout(timer);
  }, [index, playing]);
  const step = steps[index];
  const [before, knowledge] = useMemo(
    () => [timeline.after(index - 1), timeline.after(index)] as const,
    [timeline, index],
  );
  return (
    <>
      <Heading recording={recording} remark={remark} />
      <section class="stage" aria-label="The moment">
        <Controls {...player} />
        <Moment {...{ recording, index, before }} after={knowledge} onShow={show} />
        {step !== undefined && recording.n > 0 && (
          <MomentRing
            {...{ recording, step, knowledge }}
            selected={node}
            onSelect={(id) => setNode(id === node ? undefined : id)}
          />
        )}
      </section>
      <section class="time-line" aria-label="Time line">
        <SelectionForm n={recording.n} selection={selection} onChange={setSelection} />
        <p class="quiet" data-testid="shown">
          {shown.length} of {steps.length} steps
        </p>
        <StepList {...{ steps, shown, index }} onShow={show} />
      </section>
      {recording.n > 0 && (
        <NodesKnowledge nodes={knowledge.nodes} selected={node} quorum={recording.quorum} />
      )}
    </>
  );
}

function Heading({ recording, remark }: Run): JSX.Element {
  const { title, about, mode, n, f, quorum, hash, violations } = recording;
  return (
    <section class="heading" aria-labelledby="run">
      <h2 id="run">{title}</h2>
      <p>{about}</p>
      {remark !== '' && <p data-testid="remark">{remark}</p>}
      {violations.map((violation) => (
        <p key={violation} class="problem">
          Violated: {violation}
        </p>
      ))}
      <p class="quiet">
        {n > 0 && `${mode.toUpperCase()}, ${n} nodes, up to ${f} faulty, quorum ${quorum}. `}
        Trace: sha256 <code data-testid="hash">{hash}</code>
      </p>
    </section>
  );
}
