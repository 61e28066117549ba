import type {
  CellFault,
  ComparedMode,
  ComparedTimes,
  Comparison,
  Observed,
} from '@ccro/experiment';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { compareModes, type ComparisonQuestion } from '../connection/gateway.js';
import { Choice, Form } from '../panels/form.js';
import { ForeignText } from '../panels/foreign-text.js';
import { Problem, useAttempts } from '../panels/problem.js';
import { submittedData } from '../panels/submitted-data.js';
import { Tallies } from '../panels/tables.js';
import { millisText } from '../state/words.js';

const SIZES = [4, 7, 10, 13, 16];

/** Faults that a comparison offers, in plain words. */
const COMPARED_FAULTS: Readonly<Partial<Record<CellFault, string>>> = {
  none: 'no fault',
  offline: 'f nodes offline',
  falsify: 'f nodes vote for wrong data',
  'double-vote': 'f nodes vote twice',
  equivocate: 'the commander equivocates',
  'silent-collector': 'the communication node is silent',
  delay: 'f nodes are late',
};

/** The same request under PBFT and under CCRO, side by side. */
export function ComparePage(): JSX.Element {
  const [answer, setAnswer] = useState<Comparison | undefined>();
  const { problem, busy, attempt } = useAttempts();

  const compare = (question: ComparisonQuestion): void =>
    attempt(async () => setAnswer(await compareModes(question)));

  return (
    <div class="column">
      <section aria-labelledby="compare">
        <h2 id="compare">The same request under PBFT and under CCRO</h2>
        <CompareForm busy={busy} onAsk={compare} />
        <p class="quiet">
          Both run here, in two small clusters of their own: the cluster of this gateway has no part
          in it. A broadcast counts as one message for each node that gets it.
        </p>
        <div aria-live="polite">
          <Problem text={problem} />
          {answer !== undefined && <p data-testid="comparison">{inWords(answer)}</p>}
        </div>
      </section>
      {answer !== undefined && (
        <div class="beside">
          {answer.modes.map((each) => (
            <ComparedColumn key={each.mode} compared={each} most={mostDeliveries(answer)} />
          ))}
        </div>
      )}
    </div>
  );
}

interface CompareFormProps {
  readonly busy: boolean;
  readonly onAsk: (question: ComparisonQuestion) => void;
}

function CompareForm({ busy, onAsk }: CompareFormProps): JSX.Element {
  const [text, setText] = useState('very-important-data');
  const [nodes, setNodes] = useState(4);
  const [fault, setFault] = useState<CellFault>('none');
  const data = submittedData(text);
  return (
    <Form class="row" onSubmit={() => onAsk({ json: data.json, nodes, fault })}>
      <label class="grow">
        Data
        <input
          value={text}
          maxLength={10_000}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <Choice label="Nodes" options={SIZES} value={nodes} onChange={setNodes} />
      <Choice
        label="Fault"
        options={Object.keys(COMPARED_FAULTS) as CellFault[]}
        nameOf={(kind) => COMPARED_FAULTS[kind] ?? kind}
        value={fault}
        onChange={setFault}
      />
      <button type="submit" disabled={busy}>
        {busy ? 'Deciding …' : 'Compare'}
      </button>
      {data.isDoubtful && (
        <p class="quiet">
          This is not JSON: it is decided on as the text <ForeignText text={data.json} />.
        </p>
      )}
    </Form>
  );
}

function mostDeliveries({ modes }: Comparison): number {
  return Math.max(
    1,
    ...modes.map((each) => (each.outcome === 'decided' ? each.decision.deliveries : 0)),
  );
}

/** What the comparison comes to, in a sentence. */
function inWords({ modes, nodes, byzantine }: Comparison): string {
  const deliveries = (mode: string): number | undefined => {
    const found = modes.find((each) => each.mode === mode);
    return found?.outcome === 'decided' ? found.decision.deliveries : undefined;
  };
  const [pbft, ccro] = [deliveries('pbft'), deliveries('ccro')];
  const where = `with ${nodes} nodes, ${byzantine === 0 ? 'none' : byzantine} of them faulty`;
  if (pbft === undefined && ccro === undefined) return `Neither decided in time, ${where}.`;
  if (pbft === undefined) return `Only CCRO decided in time, ${where}.`;
  if (ccro === undefined) return `Only PBFT decided in time, ${where}.`;
  const ratio = `${(Math.max(pbft, ccro) / Math.min(pbft, ccro)).toFixed(1)} times as many`;
  const more = pbft >= ccro ? `PBFT ${ratio}` : `CCRO ${ratio}`;
  return `PBFT took ${pbft} messages, CCRO ${ccro}: ${more}, ${where}.`;
}

interface ComparedColumnProps {
  readonly compared: ComparedMode;
  /** Deliveries of the mode that has more: a full bar stands for them. */
  readonly most: number;
}

/** One mode: its time, its messages by kind, and what every node saw. */
function ComparedColumn({ compared, most }: ComparedColumnProps): JSX.Element {
  const name = compared.mode.toUpperCase();
  return (
    <section aria-labelledby={`mode-${compared.mode}`} data-testid={`mode-${compared.mode}`}>
      <h2 id={`mode-${compared.mode}`}>{name}</h2>
      {compared.outcome === 'failed' ? (
        <p class="problem">
          Nothing was decided: <ForeignText text={compared.reason} />
        </p>
      ) : (
        <Decision decision={compared.decision} times={compared.times} most={most} />
      )}
    </section>
  );
}

interface DecisionProps {
  readonly decision: Observed;
  readonly times: ComparedTimes;
  readonly most: number;
}

function Decision({ decision, times, most }: DecisionProps): JSX.Element {
  const { view, deliveries, bytes, byKind, nodes } = decision;
  return (
    <>
      <p>
        Decided in {millisText(times.median)}
        {times.rounds > 1 &&
          `, the median of ${times.rounds} rounds from ${millisText(times.least)} to ${millisText(times.most)}`}
        {view > 0 && `, in view ${view}: ${view} commander${view > 1 ? 's' : ''} replaced`}.{' '}
        <b>{deliveries}</b> messages, {(bytes / 1_000).toFixed(1)} kB.
      </p>
      <table class="bars">
        <tbody>
          {Object.entries(byKind).map(([kind, count]) => (
            <tr key={kind}>
              <th scope="row">{kind}</th>
              <td>{count}</td>
              <td>
                <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                  <rect class="bar" width={(count / most) * 100} height="8" rx="1" />
                </svg>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Tallies nodes={nodes} />
    </>
  );
}
