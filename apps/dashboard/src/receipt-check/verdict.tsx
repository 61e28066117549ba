import type { Proven } from '@ccro/receipt';
import type { JSX } from 'preact';
import { ForeignText } from '../panels/foreign-text.js';
import { nodeList } from '../state/words.js';
import type { Answer } from './worker.js';

/** What a receipt proves, or why it proves nothing. */
export function Verdict({ answer }: { readonly answer: Answer }): JSX.Element {
  if (answer.kind === 'no-cluster-file') {
    return (
      <section class="problem" role="alert" data-testid="verdict">
        That is no cluster file: <ForeignText text={answer.problem} />
      </section>
    );
  }
  const { verdict, members } = answer;
  if (!verdict.holds) {
    return (
      <section class="problem" role="alert" data-testid="verdict">
        <h2>The receipt does not hold</h2>
        <p>
          <ForeignText text={verdict.reason} /> <code>{verdict.code}</code>
        </p>
      </section>
    );
  }
  return (
    <section role="status" data-testid="verdict">
      <h2>The receipt holds</h2>
      <p>With nothing but the public keys of the cluster file it proves:</p>
      <dl>
        {proofsOf(verdict, members).map(([what, proof]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>
              <ForeignText text={proof} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function proofsOf(proven: Proven, members: number): (readonly [string, string])[] {
  const { receipt, deciders, decidersNeeded, witnesses, witnessesNeeded } = proven;
  const { certificate, batch, request, result, cluster } = receipt;
  const { phase, view, sequence } = certificate;
  return [
    ['Cluster', `${cluster}, ${members} nodes`],
    ['Who asked', `client ${request.client}, in its request ${request.timestamp}`],
    ['For what', request.operation],
    ['When', `slot ${sequence}, as number ${batch.index + 1} of ${batch.leaves} in its batch`],
    [
      'Decided by',
      `${nodeList(deciders)}, who signed it in the ${phase} phase of view ${view}; ` +
        `${decidersNeeded} are needed`,
    ],
    ['With the result', result],
    [
      'Which was signed by',
      `${nodeList(witnesses)}; ${witnessesNeeded} are needed, so that one is honest`,
    ],
  ];
}
