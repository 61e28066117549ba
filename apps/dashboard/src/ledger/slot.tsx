import type { JSX } from 'preact';
import { receiptText, type LedgerEntry } from '../connection/gateway.js';
import { Link } from '../page/link.js';
import { DownloadButton } from '../panels/download-button.js';
import { ForeignText } from '../panels/foreign-text.js';
import { Table } from '../panels/tables.js';
import { counted } from '../state/words.js';

type Request = LedgerEntry['requests'][number];

interface SlotProps {
  readonly entry: LedgerEntry;
  readonly n: number;
}

/** One decided batch: who signed it, what is in it, and a receipt for each request. */
export function Slot({ entry, n }: SlotProps): JSX.Element {
  const { sequence, view, digest, requests, certificate } = entry;
  const { signers, scheme } = certificate.proof;
  const [first] = requests;
  return (
    <details class="slot" data-testid={`slot-${sequence}`}>
      <summary>
        <b>Slot {sequence}</b>
        <span>view {view}</span>
        <span>{first === undefined ? 'empty' : counted(requests.length, 'request')}</span>
        {first !== undefined && (
          <code class="slot-data">
            <ForeignText text={shortened(first.operation)} />
          </code>
        )}
        <span>
          {signers.length} of {n} signed
        </span>
      </summary>
      <p class="quiet">{phaseText(entry)}</p>
      <ol class="signers" aria-label={`Signers: ${signers.join(', ')}`}>
        {Array.from({ length: n }, (_, node) => (
          <li key={node} class={signers.includes(node) ? 'signed' : ''}>
            {node}
          </li>
        ))}
      </ol>
      <p class="quiet">
        {scheme === 'bls' ? 'One BLS signature for all of them' : 'One Ed25519 signature each'}, on
        digest <code>{digest}</code>
      </p>
      {requests.length > 0 && <Requests requests={requests} sequence={sequence} />}
    </details>
  );
}

interface RequestsProps {
  readonly requests: readonly Request[];
  readonly sequence: number;
}

function Requests({ requests, sequence }: RequestsProps): JSX.Element {
  return (
    <Table titles={['Client', 'Operation', 'Receipt']}>
      {requests.map((request) => {
        const id = `${request.client}-${request.timestamp}`;
        return (
          <tr key={id}>
            <td>
              <ForeignText text={request.client} />
            </td>
            <td>
              <code>
                <ForeignText text={request.operation} />
              </code>
            </td>
            <td>
              <DownloadButton
                load={() => receiptText(id, sequence)}
                file={`receipt-${id}.json`}
                label={`Download the receipt of ${id}`}
              >
                Download
              </DownloadButton>{' '}
              <Link to={`/check?request=${encodeURIComponent(id)}&sequence=${sequence}`}>
                Check
              </Link>
            </td>
          </tr>
        );
      })}
    </Table>
  );
}

/** Characters of an operation that are shown of a closed slot. */
const MAX_SHOWN = 80;

function shortened(text: string): string {
  const characters = Array.from(text.slice(0, 2 * MAX_SHOWN));
  return characters.length <= MAX_SHOWN ? text : `${characters.slice(0, MAX_SHOWN).join('')}…`;
}

function phaseText({ certificate }: LedgerEntry): string {
  return certificate.phase === 'commit'
    ? 'Commit certificate: a quorum saw that a quorum had prepared it.'
    : 'Prepare certificate of all nodes: decided in one round.';
}
