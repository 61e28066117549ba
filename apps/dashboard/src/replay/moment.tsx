import type { RecordedStep, Recording } from '@ccro/simulator';
import type { JSX } from 'preact';
import type { Knowledge } from './knowledge.js';
import { meaningOf } from './words.js';

interface MomentProps {
  readonly recording: Recording;
  readonly index: number;
  /** What was known before the step, and what after it. */
  readonly before: Knowledge;
  readonly after: Knowledge;
  readonly onShow: (index: number) => void;
}

/** The current step in words; of a certificate, the votes that made it. */
export function Moment({ recording, index, before, after, onShow }: MomentProps): JSX.Element {
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
          {step.signers.map((signer) => {
            const at = steps.findLastIndex(
              (each, place) => place < index && isVoteIn(step, each, signer),
            );
            // A faulty node's vote was perhaps never written down.
            if (at === -1) return <span key={signer}>node {signer} </span>;
            return (
              <button key={signer} type="button" class="plain" onClick={() => onShow(at)}>
                node {signer}
              </button>
            );
          })}
        </p>
      )}
    </div>
  );
}

/** Whether a step is that its signer cast a vote of a certificate. */
function isVoteIn(
  { phase, view, sequence, digest }: Extract<RecordedStep, { kind: 'certified' }>,
  step: RecordedStep,
  signer: number,
): boolean {
  if (step.kind !== 'voted' || step.node !== signer || step.phase !== phase) return false;
  return step.view === view && step.sequence === sequence && step.digest === digest;
}

function isLie(step: RecordedStep): boolean {
  return step.kind === 'violated' || step.kind === 'withheld' || (step.kind === 'sent' && step.lie);
}
