import type { RecordedStep, Recording } from '@ccro/simulator';
import type { JSX } from 'preact';
import type { Knowledge } from './knowledge.js';
import { meaningOf } from './words.js';

/** The current step in words; of a certificate, the votes that made it. */
export function Moment({
  recording,
  index,
  before,
  after,
  onShow,
}: {
  readonly recording: Recording;
  readonly index: number;
  /** What was known before the step, and what after it. */
  readonly before: Knowledge;
  readonly after: Knowledge;
  readonly onShow: (index: number) => void;
}): JSX.Element {
  const { steps } = recording;
  const step = steps[index];
  if (step === undefined) return <p class="quiet">Nothing happened.</p>;
  return (
    <div class="moment-words">
      <p class="quiet">{step.atMs.toFixed(3)} ms</p>
      <p class={isLie(step) ? 'accusation' : ''} aria-live="polite" data-testid="meaning">
        {meaningOf(step, before, after, recording)}
      </p>
      {step.kind === 'certified' && (
        <p>
          Made of the votes of{' '}
          {step.signers.map((signer) => (
            <VoteLink key={signer} {...{ steps, step, signer, onShow }} before={index} />
          ))}
        </p>
      )}
    </div>
  );
}

type Certified = Extract<RecordedStep, { kind: 'certified' }>;

/** Leads to where the signer cast this vote; a faulty node's vote was perhaps never written down. */
function VoteLink({
  steps,
  step,
  signer,
  before,
  onShow,
}: {
  readonly steps: readonly RecordedStep[];
  readonly step: Certified;
  readonly signer: number;
  readonly before: number;
  readonly onShow: (index: number) => void;
}): JSX.Element {
  const at = steps.findLastIndex(
    (vote, index) =>
      index < before && vote.kind === 'voted' && vote.node === signer && isSame(vote, step),
  );
  if (at === -1) return <span>node {signer} </span>;
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
