import {
  CATALOGUE,
  type OutgoingMessage,
  type ReplicaId,
  type Restored,
  type StoreRecord,
} from '@ccro/consensus';
import type { OutgoingSend } from '@ccro/faults';
import { errorMessage } from '@ccro/foreign-text';
import type { WireMessage } from '@ccro/wire';
import type { RunLog } from '../schedule/run-schedule.js';
import { violationText } from '../trace/describe-event.js';
import { describeMessage } from '../trace/describe-message.js';
import type { ClusterEvent, InnerEvent } from '../trace/events.js';
import { listenerOf, partyOf } from '../trace/names.js';
import { Trace } from '../trace/trace.js';
import type { Happening, RecordedStep, Recording, Remembered, Said } from './recording.js';

/** What a recording says besides what happened. */
export type RecordingFacts = Pick<Recording, 'title' | 'about' | 'mode' | 'n' | 'f' | 'quorum'>;

/** Writes a run down, step by step, and its trace beside it. */
export class Recorder implements RunLog {
  private readonly steps: RecordedStep[] = [];
  private readonly trace = new Trace();
  private readonly violations: string[] = [];
  private begins: number | undefined;
  /** By faulty node, of what it sends next, in order: whether an honest one would not have. */
  private readonly lies = new Map<ReplicaId, boolean[]>();
  private readonly down = new Set<ReplicaId>();

  /** @param onStep told of how far it is: steps so far, virtual milliseconds */
  constructor(private readonly onStep: (steps: number, atMs: number) => void = () => undefined) {}

  add(event: ClusterEvent, atMs: number): void {
    this.trace.add(event, atMs);
    const happening = this.happeningOf(event);
    if (happening !== undefined) this.record(happening, atMs);
  }

  witness(event: InnerEvent, atMs: number): void {
    for (const happening of this.innerHappenings(event)) this.record(happening, atMs);
  }

  /** What was recorded so far only leads to where the story begins. */
  begin(): void {
    this.begins = this.steps.length;
  }

  finished(facts: RecordingFacts): Recording {
    const { steps, violations } = this;
    // Otherwise after what is only said of the run.
    const begins =
      this.begins ?? steps.findIndex(({ kind }) => kind !== 'note' && kind !== 'fault');
    return { ...facts, hash: this.trace.hash, begins: Math.max(begins, 0), steps, violations };
  }

  private record(happening: Happening, atMs: number): void {
    this.steps.push({ atMs, ...happening });
    this.onStep(this.steps.length, atMs);
  }

  private happeningOf(event: ClusterEvent): Happening | undefined {
    switch (event.kind) {
      case 'note':
        return { kind: 'note', text: event.text.replace(/^--- /, '') };
      case 'violated':
        this.violations.push(event.message);
        return { kind: 'violated', text: violationText(event.message) };
      case 'published':
        return this.sent(event);
      case 'executed': {
        const { sequence, view, digest, requests, fast } = event.slot;
        return { kind: 'executed', node: event.replica, view, sequence, digest, requests, fast };
      }
      case 'progress':
        return { kind: 'progress', node: event.replica, progress: event.progress };
      case 'evidence': {
        const { accused, kind: what } = event.evidence;
        return { kind: 'evidence', node: event.replica, accused, what };
      }
      case 'rejected':
        return { kind: 'rejected', node: event.replica, code: event.code, from: event.from };
      case 'stopped':
        return { kind: 'stopped', node: event.replica, why: errorMessage(event.error) };
      case 'decided': {
        const { timestamp, sequence, resultText: result } = event.outcome;
        return { kind: 'decided', client: event.client, timestamp, sequence, result };
      }
    }
  }

  private sent({ published, message }: Extract<ClusterEvent, { kind: 'published' }>): Happening {
    const { from, channel, deliveries } = published;
    const sender = partyOf(from);
    const lie = (typeof sender === 'number' && this.lies.get(sender)?.shift()) === true;
    const reaches = deliveries.filter(({ delaysMs }) => delaysMs.length > 0);
    const lostFor = deliveries.filter(({ delaysMs }) => delaysMs.length === 0);
    return {
      kind: 'sent',
      from: sender,
      to: listenerOf(channel),
      said: saidBy(message),
      reaches: reaches.map(({ to }) => partyOf(to)),
      lostFor: lostFor.map(({ to }) => partyOf(to)),
      lie,
    };
  }

  private innerHappenings(event: InnerEvent): readonly Happening[] {
    const node = event.replica;
    switch (event.kind) {
      case 'received': {
        const { from, message } = event;
        return [{ kind: 'received', node, from: from && partyOf(from), said: saidBy(message) }];
      }
      case 'stored':
        return storedOf(node, event.record);
      case 'power':
        if (event.on) return [];
        this.down.add(node);
        return [{ kind: 'power-off', node }];
      case 'restored':
        // The very first life begins with nothing.
        if (!this.down.delete(node)) return [];
        return [{ kind: 'started', node, ...remembered(event.restored) }];
      case 'fault':
        this.lies.delete(node);
        return [{ kind: 'fault', node, fault: event.fault }];
      case 'behaved':
        return this.behaved(node, event);
    }
  }

  /** What is sent at once follows right away, in this order, but for what is for itself. */
  private behaved(
    node: ReplicaId,
    { honest, instead }: Extract<InnerEvent, { kind: 'behaved' }>,
  ): readonly Happening[] {
    const isForItself = ({ to }: OutgoingSend): boolean => to.kind === 'replica' && to.id === node;
    const follows = instead.filter((send) => !isForItself(send) && send.delayMs === undefined);
    const isLie = ({ message }: OutgoingSend): boolean => message !== honest.message;
    this.lies.set(node, follows.map(isLie));
    if (instead.length > 0 || isForItself(honest)) return [];
    return [{ kind: 'withheld', node, said: saidUnsigned(honest.message) }];
  }
}

function storedOf(node: ReplicaId, record: StoreRecord): readonly Happening[] {
  switch (record.kind) {
    case 'accepted': {
      const { view, sequence, digest, requests, collector } = record.prePrepare;
      const place = { view, sequence, digest };
      return [{ kind: 'accepted', node, ...place, requests: requests.length, collector }];
    }
    case 'voted': {
      const { phase, view, sequence, digest } = record;
      return [{ kind: 'voted', node, phase, view, sequence, digest }];
    }
    case 'certified': {
      const { phase, view, sequence, digest, proof } = record.certificate;
      return [{ kind: 'certified', node, phase, view, sequence, digest, signers: proof.signers }];
    }
    // The rest is told as progress, or follows.
    case 'proposed':
    case 'view-left':
    case 'view-entered':
    case 'executed':
    case 'checkpoint':
    case 'snapshot':
      return [];
  }
}

function remembered(restored: Restored | undefined): Remembered {
  if (restored === undefined) return { view: 0, lastExecuted: 0, voted: [], certified: [] };
  const { view, decisions, snapshot, votes, certificates } = restored;
  const lastExecuted = decisions.at(-1)?.decision.sequence ?? snapshot?.sequence ?? 0;
  const certified = certificates.map(({ phase, view: of, sequence, digest, proof }) => {
    return { phase, view: of, sequence, digest, signers: proof.signers };
  });
  return { view, lastExecuted, voted: votes, certified };
}

/** What a message says; undefined for bytes that are none. */
function saidBy(message: WireMessage | undefined): Said {
  if (message === undefined) return { kind: 'unreadable', text: 'unreadable bytes' };
  const { kind } = message;
  const isMembers = CATALOGUE[kind].by === 'replica' || CATALOGUE[kind].by === 'primary';
  return {
    kind,
    text: describeMessage(message),
    ...(isMembers && 'replica' in message && { author: message.replica }),
    ...('phase' in message && { phase: message.phase }),
    ...('view' in message && { view: message.view }),
    ...slotIn(message),
    ...('proof' in message && { signers: message.proof.signers }),
    ...('certificate' in message && { signers: message.certificate.proof.signers }),
  };
}

/** The slot that it is about, and the digest that it says of it. */
function slotIn(message: WireMessage): Pick<Said, 'sequence' | 'digest'> {
  if (message.kind === 'reply') {
    const [first] = message.results;
    return first === undefined ? {} : { sequence: first.sequence };
  }
  if (!('sequence' in message)) return {};
  const { sequence } = message;
  return 'view' in message ? { sequence, digest: message.digest } : { sequence };
}

/** What a message would say once it is signed: nothing that is shown depends on that. */
function saidUnsigned(message: OutgoingMessage): Said {
  const signed = { signature: '', ...message };
  return saidBy(signed as unknown as WireMessage);
}
