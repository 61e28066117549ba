/** Records as a replica writes them, made up; and what a restarting replica must be told of them. */

import type {
  Certificate,
  ChunkChange,
  OwnVote,
  Phase,
  PrePrepare,
  Request,
  RequestResult,
  Restored,
  SlotCertificate,
  SlotPhase,
  Snapshot,
  StoredDecision,
  StoreRecord,
} from '@ccro/consensus';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import type { ChunkDigests } from './level-content.js';

/** Slots from one checkpoint to the next. */
export const INTERVAL = 4;

export const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

export const digests: ChunkDigests = { chunk: (name, text) => sha(`${name}\n${text}`) };

export function change(name: string, text: string | null): ChunkChange {
  if (text === null) return { name, chunk: null };
  return { name, chunk: { name, text, digest: digests.chunk(name, text) } };
}

export function certificate<P extends Phase>(
  phase: P,
  sequence: number,
  view: number,
  content: string,
): Certificate<P> {
  const proof = { scheme: 'ed25519', signers: [0, 1, 2], signatures: ['a', 'b', 'c'] };
  return { kind: 'certificate', phase, view, sequence, digest: sha(content), proof };
}

export function certified(phase: Phase, sequence: number, view = 0, content = 'x'): StoreRecord {
  return { kind: 'certified', certificate: certificate(phase, sequence, view, content) };
}

export function voted(phase: Phase, sequence: number, view = 0, content = 'x'): StoreRecord {
  return { kind: 'voted', phase, view, sequence, digest: sha(content) };
}

export function accepted(sequence: number, view = 0, content = 'x'): StoreRecord {
  return { kind: 'accepted', prePrepare: prePrepare(sequence, view, content) };
}

export function proposed(sequence: number, view = 0, content = 'x'): StoreRecord {
  const { signature: _, ...unsigned } = prePrepare(sequence, view, content);
  return { kind: 'proposed', prePrepare: unsigned };
}

export function prePrepare(sequence: number, view: number, content: string): PrePrepare {
  return {
    kind: 'pre-prepare',
    view,
    sequence,
    digest: sha(content),
    requests: [sha(`request ${content}`)],
    bodies: [request(sequence, content)],
    collector: 2,
    replica: view % 4,
    signature: `signed ${view} ${sequence}`,
  };
}

export function request(timestamp: number, content: string) {
  return {
    kind: 'request' as const,
    client: 'gateway',
    timestamp,
    operation: content,
    digest: sha(`request ${content}`),
    signature: 'by the client',
  };
}

/** Requests with one signature, which share the list of what it covers. */
export function signedTogether(timestamp: number, ...contents: string[]): Request[] {
  const signedWith = contents.map((content) => sha(`request ${content}`));
  return contents.map((content, index) => ({
    ...request(timestamp + index, content),
    signedWith,
  }));
}

type Executed = Extract<StoreRecord, { readonly kind: 'executed' }>;

/** An executed slot of these requests. */
export function withRequests(record: StoreRecord, requests: readonly Request[]): StoreRecord {
  if (record.kind !== 'executed') throw new Error('only an executed slot has requests');
  return { ...record, decision: { ...record.decision, requests } };
}

export function executed(sequence: number, content = `slot ${sequence}`): StoreRecord {
  const commit = certificate('commit', sequence, 0, content);
  const asked = request(sequence, content);
  const ran = { timestamp: sequence, request: asked.digest, sequence, batch: commit.digest };
  return {
    kind: 'executed',
    decision: {
      kind: 'decision',
      sequence,
      view: 0,
      digest: commit.digest,
      requests: [asked],
      certificate: commit,
    },
    results: [{ ...ran, result: `{"done":${JSON.stringify(content)}}` }],
    ledgerHead: sha(`ledger ${sequence}`),
  };
}

/** An executed slot of requests with these results; undefined: the request had executed before. */
export function executedWith(sequence: number, texts: readonly (string | undefined)[]): Executed {
  const record = executed(sequence) as Executed;
  const requests = texts.map((_, index) => request(index + 1, `${sequence}/${index}`));
  const results = texts.flatMap((result, index) => {
    const { timestamp, digest } = requests[index] ?? request(0, '');
    const ran = { timestamp, request: digest, sequence, batch: record.decision.digest };
    return result === undefined ? [] : [{ ...ran, result }];
  });
  return { ...record, decision: { ...record.decision, requests }, results };
}

export function checkpoint(sequence: number, ...changes: ChunkChange[]): StoreRecord {
  return { kind: 'checkpoint', sequence, ledgerHead: sha(`ledger ${sequence}`), changes };
}

export function snapshot(sequence: number, texts: Readonly<Record<string, string>>): StoreRecord {
  const chunks = Object.entries(texts)
    .map(([name, text]) => ({ name, text, digest: digests.chunk(name, text) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    kind: 'snapshot',
    snapshot: { sequence, ledgerHead: sha(`ledger ${sequence}`), chunks },
  };
}

export function viewLeft(view: number): StoreRecord {
  const stable = { sequence: 0, digest: sha('beginning'), certificate: null };
  const viewChange = { kind: 'view-change', view, stable, slots: [], replica: 1 } as const;
  return { kind: 'view-left', view, viewChange };
}

export function viewEntered(view: number): StoreRecord {
  const newView = {
    kind: 'new-view',
    view,
    viewChanges: [],
    reproposals: [],
    replica: view % 4,
    signature: 'by the primary',
  };
  // The forger: what is stored was verified by the replica that stores it.
  return { kind: 'view-entered', view, newView: { newView, viewChanges: [] } } as never;
}

type Step =
  | { readonly kind: 'execute'; readonly texts: readonly (string | null)[] }
  | { readonly kind: 'stabilise'; readonly ahead: number }
  | { readonly kind: 'take-over'; readonly texts: readonly (string | null)[] }
  | { readonly kind: 'again' }
  | {
      readonly kind: 'slot';
      readonly record: 'proposed' | 'accepted' | SlotPhase | `${SlotPhase} certificate`;
      readonly offset: number;
      readonly view: number;
      readonly content: string;
    }
  | { readonly kind: 'view'; readonly entered: boolean };

const NAMES = ['clients/gateway', 'state/a', 'state/b', 'state/\u{1f511}/"'] as const;
const texts = fc.tuple(
  ...NAMES.map(() => fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }))),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('execute' as const), texts }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('stabilise' as const),
      ahead: fc.integer({ min: -1, max: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('take-over' as const), texts }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'again' as const }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('slot' as const),
      record: fc.constantFrom(
        'proposed',
        'accepted',
        'prepare',
        'commit',
        'prepare certificate',
        'commit certificate',
      ),
      offset: fc.integer({ min: -1, max: 6 }),
      view: fc.integer({ min: 0, max: 3 }),
      content: fc.constantFrom('x', 'y', 'ü "\\ \u2028'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('view' as const), entered: fc.boolean() }),
  },
);

/** Makes of random steps what a replica could write: it executes in order, without gaps. */
class Writer {
  private executed = 0;
  private stable = 0;
  private view = 0;
  private newest: StoreRecord | undefined;

  records(taken: Step): StoreRecord[] {
    switch (taken.kind) {
      case 'execute': {
        this.executed += 1;
        const decided = executed(this.executed);
        if (this.executed % INTERVAL !== 0) return [decided];
        const changes = NAMES.map((name, index) => change(name, taken.texts[index] || null));
        this.newest = checkpoint(this.executed, ...changes);
        return [decided, this.newest, voted('checkpoint', this.executed)];
      }
      case 'stabilise': {
        const turn = Math.floor(this.executed / INTERVAL) + taken.ahead;
        const sequence = turn * INTERVAL;
        if (sequence <= this.stable) return [];
        this.stable = sequence;
        return [certified('checkpoint', sequence)];
      }
      case 'take-over': {
        if (this.stable <= this.executed) return [];
        this.executed = this.stable;
        this.newest = undefined;
        const filled = NAMES.flatMap((name, index) => {
          const text = taken.texts[index];
          return text ? [[name, text] as const] : [];
        });
        return [snapshot(this.stable, Object.fromEntries(filled))];
      }
      case 'again':
        return this.newest === undefined ? [] : [this.newest];
      case 'slot':
        return [slotRecord(taken, Math.max(1, this.stable + taken.offset))];
      case 'view': {
        this.view += 1;
        return [viewLeft(this.view), ...(taken.entered ? [viewEntered(this.view)] : [])];
      }
    }
  }
}

function slotRecord(
  { record, view, content }: Extract<Step, { kind: 'slot' }>,
  sequence: number,
): StoreRecord {
  switch (record) {
    case 'proposed':
      return proposed(sequence, view, content);
    case 'accepted':
      return accepted(sequence, view, content);
    case 'prepare':
    case 'commit':
      return voted(record, sequence, view, content);
    case 'prepare certificate':
      return certified('prepare', sequence, view, content);
    case 'commit certificate':
      return certified('commit', sequence, view, content);
  }
}

/** Appends as a replica makes them, each of some records. */
export const appends: fc.Arbitrary<StoreRecord[][]> = fc
  .array(fc.array(step, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 30 })
  .map((units) => {
    const writer = new Writer();
    return units.map((steps) => steps.flatMap((taken) => writer.records(taken)));
  });

/** What a restarting replica must be told, worked out from all records at once. */
export function expectedOf(records: readonly StoreRecord[]): Restored | undefined {
  const told = records.filter(({ kind, ...record }) => {
    return !(kind === 'voted' && 'phase' in record && record.phase === 'checkpoint');
  });
  if (told.length === 0) return undefined;
  const stable = newestStable(records);
  const above = stable?.sequence ?? 0;
  const taken = expectedState(records, above);
  const view = told.findLast(({ kind }) => kind === 'view-left' || kind === 'view-entered');
  return {
    view: view !== undefined && 'view' in view ? view.view : 0,
    newView: view?.kind === 'view-entered' ? view.newView : null,
    viewChange: view?.kind === 'view-left' ? view.viewChange : null,
    stable,
    snapshot: taken,
    decisions: expectedDecisions(records).filter(
      ({ decision }) => decision.sequence > (taken?.sequence ?? 0),
    ),
    ...expectedSlots(records, above),
  };
}

function newestStable(records: readonly StoreRecord[]): Certificate<'checkpoint'> | null {
  let newest: Certificate<'checkpoint'> | null = null;
  for (const record of records) {
    if (record.kind !== 'certified' || record.certificate.phase !== 'checkpoint') continue;
    const found = record.certificate as Certificate<'checkpoint'>;
    if (newest === null || found.sequence > newest.sequence) newest = found;
  }
  return newest;
}

function expectedState(records: readonly StoreRecord[], stable: number): Snapshot | null {
  const chunks = new Map<string, Snapshot['chunks'][number]>();
  let state: Omit<Snapshot, 'chunks'> | null = null;
  for (const record of records) {
    if (record.kind === 'snapshot') {
      const { sequence, ledgerHead } = record.snapshot;
      state = { sequence, ledgerHead };
      chunks.clear();
      for (const chunk of record.snapshot.chunks) chunks.set(chunk.name, chunk);
    }
    if (record.kind !== 'checkpoint' || record.sequence > stable) continue;
    if (record.sequence <= (state?.sequence ?? 0)) continue;
    state = { sequence: record.sequence, ledgerHead: record.ledgerHead };
    for (const { name, chunk } of record.changes) {
      if (chunk === null) chunks.delete(name);
      else chunks.set(name, chunk);
    }
  }
  const sorted = [...chunks.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return state === null ? null : { ...state, chunks: sorted };
}

/** All results of a record. */
export function resultsOf(record: StoreRecord): readonly RequestResult[] {
  return record.kind === 'executed' ? record.results : [];
}

/** All decisions ever executed, ascending. */
export function expectedDecisions(records: readonly StoreRecord[]): StoredDecision[] {
  return records
    .flatMap((record) => (record.kind === 'executed' ? [record] : []))
    .map(({ decision, ledgerHead }) => ({ decision, ledgerHead }))
    .sort((a, b) => a.decision.sequence - b.decision.sequence);
}

type Slots = Pick<Restored, 'proposed' | 'accepted' | 'votes' | 'certificates'>;

function expectedSlots(records: readonly StoreRecord[], stable: number): Slots {
  const above = records.flatMap((record) => (aboutSlotAbove(record, stable) ? [record] : []));
  const latest = <T extends { readonly view: number; readonly sequence: number }>(
    all: readonly T[],
    key: (each: T) => string,
  ): T[] => {
    const kept = new Map<string, T>();
    for (const each of all) {
      const name = `${each.sequence} ${key(each)}`;
      if (each.view >= (kept.get(name)?.view ?? 0)) kept.set(name, each);
    }
    return [...kept.values()];
  };
  return {
    proposed: latest(
      above.flatMap((record) => (record.kind === 'proposed' ? [record.prePrepare] : [])),
      () => '',
    ),
    accepted: latest(
      above.flatMap((record) => (record.kind === 'accepted' ? [record.prePrepare] : [])),
      ({ digest }) => digest,
    ),
    votes: latest(
      above.flatMap((record) => (record.kind === 'voted' ? [ownVote(record)] : [])),
      ({ phase }) => phase,
    ),
    certificates: latest(
      above.flatMap((record) =>
        record.kind === 'certified' ? [record.certificate as SlotCertificate] : [],
      ),
      ({ phase }) => phase,
    ),
  };
}

function ownVote({ phase, view, sequence, digest }: OwnVote): OwnVote<SlotPhase> {
  return { phase: phase as SlotPhase, view, sequence, digest };
}

function aboutSlotAbove(record: StoreRecord, stable: number): boolean {
  switch (record.kind) {
    case 'proposed':
    case 'accepted':
      return record.prePrepare.sequence > stable;
    case 'voted':
      return record.phase !== 'checkpoint' && record.sequence > stable;
    case 'certified':
      return record.certificate.phase !== 'checkpoint' && record.certificate.sequence > stable;
    default:
      return false;
  }
}

/** Puts what has no order into one. */
export function inOrder(restored: Restored | undefined): Restored | undefined {
  if (restored === undefined) return undefined;
  const sorted = <T>(all: readonly T[]): T[] =>
    [...all].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return {
    ...restored,
    proposed: sorted(restored.proposed),
    accepted: sorted(restored.accepted),
    votes: sorted(restored.votes),
    certificates: sorted(restored.certificates),
  };
}
