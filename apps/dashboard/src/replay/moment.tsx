import type { RecordedStep } from '@ccro/simulator';
import type { JSX } from 'preact';
import type { Timeline } from './timeline.js';
import { meaningOf } from './words.js';

/** The current step in words; of a certificate, the votes that made it. */
export function Moment({
  timeline,
  index,
  onShow,
}: {
  readonly timeline: Timeline;
  readonly index: number;
  readonly onShow: (index: number) => void;
}): JSX.Element {
  const step = timeline.step(index);
  if (step === undefined) return <p class="quiet">Nothing happened.</p>;
  const { recording } = timeline;
  const meaning = meaningOf(step, timeline.after(index - 1), timeline.after(index), recording);
  return (
    <div class="moment-words">
      <p class="quiet">{step.atMs.toFixed(3)} ms</p>
      <p class={isLie(step) ? 'accusation' : ''} aria-live="polite" data-testid="meaning">
        {meaning}
      </p>
      {step.kind === 'certified' && (
        <p>
          Made of the votes of{' '}
          {step.signers.map((signer) => (
            <VoteLink key={signer} {...{ recording, step, signer, onShow }} before={index} />
          ))}
        </p>
      )}
    </div>
  );
}

type Certified = Extract<RecordedStep, { kind: 'certified' }>;

/** Leads to where the signer cast this vote; a faulty node's vote was perhaps never written down. */
function VoteLink({
  recording: { steps },
  step,
  signer,
  before,
  onShow,
}: {
  readonly recording: { readonly steps: readonly RecordedStep[] };
  readonly step: Certified;
  readonly signer: number;
  readonly before: number;
  readonly onShow: (index: number) => void;
}): JSX.Element {
  const at = steps
    .slice(0, before)
    .findLastIndex((each) => each.kind === 'voted' && each.node === signer && isSame(each, step));
  if (at < 0) return <span>node {signer} </span>;
  return (
    <button type="button" class="plain" onClick={() => onShow(at)}>
      node {signer}
    </button>
  );
}

function isSame(vote: Extract<RecordedStep, { kind: 'voted' }>, step: Certified): boolean {
  const { phase, view, sequence, digest } = step;
  const isSameSlot = vote.view === view && vote.sequence === sequence;
  return vote.phase === phase && isSameSlot && vote.digest === digest;
}

function isLie(step: RecordedStep): boolean {
  return step.kind === 'violated' || step.kind === 'withheld' || (step.kind === 'sent' && step.lie);
}
