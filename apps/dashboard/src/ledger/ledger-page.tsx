import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { clusterStatus, ledgerFrom, requestById, type LedgerEntry } from '../connection/gateway.js';
import type { PageProps } from '../page/page.js';
import { ForeignText } from '../panels/foreign-text.js';
import { Form } from '../panels/form.js';
import { Problem, useAttempts } from '../panels/problem.js';
import { useLooks } from '../state/looks.js';
import { useEvents } from '../state/store.js';
import './ledger.css';
import { shownSlots, SLOTS_SHOWN } from './shown-slots.js';
import { Slot } from './slot.js';

/** How often the page looks whether there is something newer to read. */
const LOOK_MS = 250;

/** A part of the ledger as it was read. */
interface Reading {
  readonly n: number;
  /** The newest slot that was decided when it was read. */
  readonly newest: number;
  /** The newest slot first. */
  readonly entries: readonly LedgerEntry[];
}

/** Decided batches, who signed them, and the receipts of their requests. */
export function LedgerPage({ store }: PageProps): JSX.Element {
  useEvents(store);
  /** The newest slot on the page; undefined: the newest there is. */
  const [top, setTop] = useState<number | undefined>();
  const [reading, setReading] = useState<Reading | undefined>();
  const read = useMemo(() => ({ for: '' }), [top]);
  const readAgain = async (): Promise<Reading | undefined> => {
    // Where the newest ones are shown they are read again when there is a newer one; and all when
    // the gateway is back, or has got its key.
    const { connection, decisions } = store.current;
    const wanted = `${connection === 'live'} ${top ?? decisions[0]?.sequence ?? 0}`;
    if (wanted === read.for) return undefined;
    read.for = wanted;
    return readLedger(top);
  };
  // What was read before stays when it cannot be read again.
  const problem = useLooks(LOOK_MS, [top], readAgain, setReading);

  const newest = reading?.newest ?? 0;
  const { from, to } = shownSlots(top, newest);
  return (
    <div class="column">
      <section aria-labelledby="ledger">
        <div class="spread">
          <h2 id="ledger">Ledger</h2>
          <nav class="row" aria-label="Slots">
            <button
              type="button"
              class="plain"
              disabled={from <= 1}
              onClick={() => setTop(from - 1)}
            >
              Older
            </button>
            <button
              type="button"
              class="plain"
              disabled={to >= newest}
              onClick={() => setTop(to + SLOTS_SHOWN >= newest ? undefined : to + SLOTS_SHOWN)}
            >
              Newer
            </button>
            <SlotField to={to} newest={newest} onTop={setTop} />
          </nav>
        </div>
        <FindForm onFound={(slot) => setTop(slot >= newest ? undefined : slot)} />
        <p class="quiet" role="status" data-testid="slots">
          {reading !== undefined && rangeText(reading.entries, newest)}
          {reading === undefined && problem === undefined && 'Reading …'}
        </p>
        <Problem text={problem} />
        {reading?.entries.map((entry) => (
          <Slot key={entry.sequence} entry={entry} n={reading.n} />
        ))}
      </section>
      <p class="quiet">
        Every batch comes with a certificate: votes that more nodes signed than could all be wrong.
        The gateway has checked these. A receipt needs no gateway: anyone who has the public keys of
        the cluster can check it, offline.
      </p>
    </div>
  );
}

/** Finds the slot of a request by its id, and says what came of it, as far as the gateway knows. */
function FindForm({ onFound }: { readonly onFound: (slot: number) => void }): JSX.Element {
  const [id, setId] = useState('');
  const [found, setFound] = useState<string | undefined>();
  const { problem, busy, attempt } = useAttempts();
  const find = async (): Promise<void> => {
    setFound(undefined);
    const request = await requestById(id.trim());
    if (request.status !== 'decided') return setFound(`${request.id} is ${request.status}.`);
    setFound(`Slot ${request.sequence}, with the result ${JSON.stringify(request.result)}`);
    onFound(request.sequence);
  };
  return (
    <>
      <Form class="row" onSubmit={() => attempt(find)}>
        <label class="grow">
          Id of a request
          <input
            value={id}
            required
            maxLength={100}
            placeholder="gateway-1795367333317000"
            onInput={({ currentTarget }) => setId(currentTarget.value)}
          />
        </label>
        <button type="submit" disabled={busy}>
          Find
        </button>
      </Form>
      <p class="quiet" role="status" data-testid="found">
        {found !== undefined && problem === undefined && <ForeignText text={found} />}
      </p>
      <Problem text={problem} />
    </>
  );
}

interface SlotFieldProps {
  /** The newest slot on the page, 0 for none. */
  readonly to: number;
  readonly newest: number;
  readonly onTop: (top: number | undefined) => void;
}

/** Goes to a slot by its number; says which one is on top, until another is typed. */
function SlotField({ to, newest, onTop }: SlotFieldProps): JSX.Element {
  const [typed, setTyped] = useState<string | undefined>();
  return (
    <label>
      Slot
      <input
        class="narrow"
        type="number"
        min={1}
        max={Math.max(newest, 1)}
        value={typed ?? (to === 0 ? '' : to)}
        onInput={({ currentTarget }) => setTyped(currentTarget.value)}
        onBlur={() => setTyped(undefined)}
        onChange={({ currentTarget: { valueAsNumber: slot } }) => {
          setTyped(undefined);
          onTop(slot >= 1 && slot < newest ? Math.floor(slot) : undefined);
        }}
      />
    </label>
  );
}

/** @throws GatewayProblem */
async function readLedger(top: number | undefined): Promise<Reading> {
  const { n, lastExecuted: newest } = await clusterStatus();
  const { from, to } = shownSlots(top, newest);
  const entries = to === 0 ? [] : await ledgerFrom(from, to - from + 1);
  return { n, newest, entries: [...entries].reverse() };
}

function rangeText(entries: readonly LedgerEntry[], newest: number): string {
  if (newest === 0) return 'Nothing was decided yet.';
  const [last] = entries;
  const first = entries.at(-1);
  if (first === undefined || last === undefined) return `${newest} slots were decided.`;
  return `Slots ${first.sequence} to ${last.sequence} of ${newest}.`;
}
