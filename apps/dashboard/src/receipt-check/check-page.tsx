import type { Proven } from '@ccro/receipt';
import { MAX_MESSAGE_BYTES } from '@ccro/wire';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { askWorker } from '../connection/ask-worker.js';
import { receiptText, textAt } from '../connection/gateway.js';
import { FileDrop } from '../panels/file-drop.js';
import { ForeignText } from '../panels/foreign-text.js';
import { Problem, useAttempts } from '../panels/problem.js';
import { nodeList } from '../state/words.js';
import './check.css';
import type { Answer, Question } from './worker.js';

/** Something that was typed, dropped or fetched. */
interface Given {
  /** Where it is from, in words. */
  readonly from: string;
  readonly bytes: Uint8Array;
}

/** No receipt has more. The limit of its library is the same, but would bring all of that along. */
const MOST_BYTES = MAX_MESSAGE_BYTES;

const PASTED = 'pasted';

const encoder = new TextEncoder();

/** Checks receipts in the browser: nothing that is dropped here leaves it. */
export function CheckPage(): JSX.Element {
  const [receipt, setReceipt] = useState<Given>();
  const [cluster, setCluster] = useState<Given>();
  const [answer, setAnswer] = useState<Answer>();
  const { problem, setProblem, attempt } = useAttempts();
  useEffect(() => {
    const query = new URLSearchParams(location.search);
    const request = query.get('request');
    if (request === null) return;
    attempt(async () => {
      const text = await receiptText(request, query.get('sequence') ?? undefined);
      const fetched = { from: `of ${request}, from the gateway`, bytes: encoder.encode(text) };
      // A file may have been chosen meanwhile.
      setReceipt((given) => given ?? fetched);
    });
  }, []);
  useEffect(() => {
    setAnswer(undefined);
    if (receipt === undefined || cluster === undefined) return undefined;
    setProblem(undefined);
    const question: Question = { receipt: receipt.bytes, clusterFile: cluster.bytes };
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    const take = (told: Answer): void => {
      stop();
      setAnswer(told);
    };
    const stop = askWorker(worker, question, take, setProblem);
    return stop;
  }, [receipt, cluster]);
  const fromGateway = (): void =>
    attempt(async () => {
      const text = await textAt('/cluster');
      setCluster({ from: 'from the gateway', bytes: encoder.encode(text) });
    });
  return (
    <div class="check">
      <Input name="Receipt" given={receipt} onGiven={setReceipt} />
      <Input name="Cluster file" given={cluster} onGiven={setCluster}>
        <p>
          <button type="button" class="plain" onClick={fromGateway}>
            Take it from the gateway
          </button>{' '}
          <span class="quiet">That trusts the gateway for the keys.</span>
        </p>
      </Input>
      <Problem text={problem} />
      {answer !== undefined && <Verdict answer={answer} />}
      <p class="quiet">
        Both are read by this page alone and sent nowhere. The same check without a browser is{' '}
        <code>npm run verify</code>.
      </p>
    </div>
  );
}

interface InputProps {
  readonly name: string;
  readonly given: Given | undefined;
  readonly onGiven: (given: Given | undefined) => void;
  readonly children?: JSX.Element;
}

/** A file that is chosen or dropped, or a text that is pasted. */
function Input({ name, given, onGiven, children }: InputProps): JSX.Element {
  const take = async (file: File): Promise<void> =>
    onGiven({ from: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
  const paste = (text: string): void => {
    if (text.trim() === '') return onGiven(given?.from === PASTED ? undefined : given);
    // Files end with a line feed, which copying mostly leaves behind.
    const whole = text.endsWith('\n') ? text : `${text}\n`;
    onGiven({ from: PASTED, bytes: encoder.encode(whole) });
  };
  return (
    <FileDrop name={name} label="File" mostBytes={MOST_BYTES} onFile={take}>
      {(field) => (
        <>
          <h2>{name}</h2>
          <div class="row">
            {field}
            <label>
              or text{' '}
              <textarea
                rows={2}
                cols={30}
                spellcheck={false}
                onInput={({ currentTarget }) => paste(currentTarget.value)}
              />
            </label>
            {given !== undefined && (
              <span data-testid={`given-${name}`}>
                <ForeignText text={given.from} />, {given.bytes.length} bytes
              </span>
            )}
          </div>
          {children}
        </>
      )}
    </FileDrop>
  );
}

/** What a receipt proves, or why it proves nothing. */
function Verdict({ answer }: { readonly answer: Answer }): JSX.Element {
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
