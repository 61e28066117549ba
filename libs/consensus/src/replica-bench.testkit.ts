import type {
  Certificate,
  Decision,
  Phase,
  PrePrepare,
  Reproposal,
  Request,
  Status,
  Vote,
} from './messages/index.js';
import { DEFAULT_REPLICA_CONFIG, type ReplicaConfig } from './model/config.js';
import type { Restored, StoreRecord } from './model/durable.js';
import type { Effect } from './model/effect.js';
import type { VerifiedMessage, Via } from './model/input.js';
import type { StateMachine } from './model/ports.js';
import { Replica } from './replica.js';
import { allToAll } from './routing/all-to-all.js';
import { toCollector } from './routing/collector.js';
import { type ReplicaDependencies, ReplicaState } from './state/replica-state.js';

/** What looks like a digest of `text`: manifests take nothing else. */
export function hex(text: string): string {
  let digest = '';
  for (let seed = 0; digest.length < 64; seed += 1) {
    let hash = 2166136261 ^ seed;
    for (const character of text) {
      hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619);
    }
    digest += (hash >>> 0).toString(16).padStart(8, '0');
  }
  return digest;
}

/** The run of every replica under test. */
export const RUN = 'run';

interface BenchOptions {
  readonly tuning?: Partial<ReplicaConfig>;
  readonly restored?: Restored;
  /** Whether what the replica says to itself too comes back at once; the runner stores it first. */
  readonly loopsBack?: boolean;
}

/** One replica of four, fed by hand. Digests and signatures are words: the core never checks them. */
export class Bench {
  readonly replica: Replica;
  effects: Effect[] = [];
  /** Operations in the order in which the state machine ran them. */
  executed: string[] = [];
  private nowMs = 0;
  private readonly loopsBack: boolean;
  private readonly tuning: Partial<ReplicaConfig> | undefined;

  constructor(
    private readonly self: number,
    mode: 'pbft' | 'ccro' = 'ccro',
    result = 'done',
    { tuning, restored, loopsBack = true }: BenchOptions = {},
  ) {
    this.loopsBack = loopsBack;
    this.tuning = tuning;
    this.replica = new Replica(
      configOf(self, tuning),
      dependenciesOf(mode, this.stateMachine(result)),
      restored,
    );
  }

  /** A state machine of one chunk: what it executed. */
  private stateMachine(result: string): StateMachine {
    return {
      execute: (operation) => {
        this.executed.push(operation);
        return result;
      },
      takeChanges: () => new Map([['log', this.executed.join()]]),
      load: (chunks) => {
        this.executed = (chunks.get('log') ?? '').split(',');
      },
    };
  }

  start(): this {
    this.take(this.replica.step({ kind: 'started' }, this.nowMs));
    return this;
  }

  /** All others say where they are, so that it knows that they run. */
  hearAll(): this {
    const { n } = configOf(this.self, this.tuning);
    for (let replica = 0; replica < n; replica += 1) {
      if (replica !== this.self) this.receive(status(replica));
    }
    this.effects = [];
    return this;
  }

  /** Records in the order in which they were stored. */
  stored(): StoreRecord[] {
    return this.of('persist').flatMap(({ records }) => records);
  }

  /** Steps with a message; what the replica signs for itself comes back, as the runner does it. */
  receive(message: object, via: Via = 'broadcast'): this {
    const input = { kind: 'message', message: message as VerifiedMessage, via } as const;
    this.take(this.replica.step(input, this.nowMs));
    return this;
  }

  fire(timer: Extract<Effect, { kind: 'set-timer' }>['timer'], afterMs = 1000): this {
    this.nowMs += afterMs;
    this.take(this.replica.step({ kind: 'timer-fired', timer }, this.nowMs));
    return this;
  }

  /** The watched request waits for all the time its primary has, here and at another replica. */
  waitInVain(): this {
    for (let half = 1; half <= 2; half += 1) this.fire({ kind: 'request', view: 0 });
    return this.receive({ kind: 'suspicion', view: 0, replica: 3, signature: 's' });
  }

  /** So many others ask for `view` as it takes to leave the one before; it does not begin. */
  leaveView(view = 1): this {
    const asking = [0, 1, 2, 3].filter((replica) => replica !== this.self).slice(1);
    for (const replica of asking) this.receive(viewChange(replica, { view }));
    return this;
  }

  /** All others ask for view 1 and it begins, with `carried` in its first slots. */
  enterView(...carried: readonly Reproposal[]): this {
    const slots = carried.map(({ sequence, digest }) => ({
      sequence,
      vote: { view: 0, digest },
      certificate: { ...certified('prepare', digest), sequence },
    }));
    const asking = [0, 1, 2, 3].filter((replica) => replica !== this.self);
    const viewChanges = asking.map((replica) => ({ replica, digest: `vc${replica}` }));
    for (const replica of asking) this.receive(viewChange(replica, { slots }));
    const base = { kind: 'new-view', view: 1, replica: 1, signature: 's' };
    return this.receive({ ...base, viewChanges, reproposals: carried });
  }

  /** The broker is away. */
  disconnect(): this {
    this.take(this.replica.step({ kind: 'disconnected' }, this.nowMs));
    return this;
  }

  /** It is back. */
  connect(): this {
    this.take(this.replica.step({ kind: 'reconnected' }, this.nowMs));
    return this;
  }

  /** Lets so much time pass. */
  pass(ms: number): this {
    this.nowMs += ms;
    return this;
  }

  sent(kind: string): Extract<Effect, { kind: 'send' }>[] {
    return this.of('send').filter(({ message }) => message.kind === kind);
  }

  of<K extends Effect['kind']>(kind: K): Extract<Effect, { kind: K }>[] {
    return this.effects.filter((each): each is Extract<Effect, { kind: K }> => each.kind === kind);
  }

  rejects(): string[] {
    return this.of('reject').map(({ code }) => code);
  }

  private take(effects: readonly Effect[]): void {
    for (const effect of effects) {
      this.effects.push(effect);
      if (effect.kind !== 'send' || 'signature' in effect.message || !this.loopsBack) continue;
      const { to, message } = effect;
      const forSelf = to.kind === 'all' || (to.kind === 'replica' && to.id === this.self);
      const signed = ['pre-prepare', 'vote'].includes(message.kind);
      if (forSelf && signed) this.receive({ ...message, signature: 's' }, 'self');
    }
  }
}

function configOf(self: number, tuning: Partial<ReplicaConfig> = {}): ReplicaConfig {
  return {
    ...DEFAULT_REPLICA_CONFIG,
    cluster: 'test',
    self,
    run: RUN,
    // Nothing, in which nobody can differ.
    settings: [],
    n: 4,
    ...tuning,
  };
}

function dependenciesOf(mode: 'pbft' | 'ccro', stateMachine: StateMachine): ReplicaDependencies {
  return {
    digests: {
      batch: (requests) => `batch(${requests.join()})`,
      chunk: (name, text) => hex(`${name}=${text}`),
      ledgerLink: (previous, batch) => `${previous}>${batch}`,
      checkpoint: (checkpoint) => hex(JSON.stringify(checkpoint)),
    },
    certificates: {
      assemble: (votes) => {
        const { phase = 'prepare', view = 0, sequence = 1 } = votes[0] ?? {};
        return { ...certificate(phase, votes), view, sequence } as never;
      },
    },
    router: mode === 'ccro' ? toCollector : allToAll,
    stateMachine,
  };
}

/** What a replica in PBFT knows, for functions that guard against what no message brings about. */
export function replicaState(self: number, tuning: Partial<ReplicaConfig> = {}): ReplicaState {
  const idle = { execute: () => 'done', takeChanges: () => new Map(), load: () => undefined };
  return new ReplicaState(configOf(self, tuning), dependenciesOf('pbft', idle));
}

export function request(timestamp: number, overrides: Partial<Request> = {}): Request {
  const digest = `r${timestamp}`;
  const base = { kind: 'request', client: 'c', timestamp, operation: 'op', digest } as const;
  return { ...base, signature: 's', ...overrides };
}

/** Another replica's word on where it is. */
export function status(replica: number, overrides: Partial<Status> = {}): Status {
  const position = { view: 0, lastExecuted: 0, attempt: 0, asks: false };
  const told = { settings: [], run: `run-${replica}`, answers: null };
  return { kind: 'status', replica, ...position, ...told, signature: 's', ...overrides };
}

export function prePrepare(
  sequence: number,
  requests: readonly Request[],
  inline = true,
): PrePrepare {
  const digests = requests.map(({ digest }) => digest);
  return {
    kind: 'pre-prepare',
    view: 0,
    sequence,
    digest: `batch(${digests.join()})`,
    requests: digests,
    bodies: inline ? requests : [],
    collector: 2,
    replica: 0,
    signature: 's',
  };
}

/** What replica `replica` says when it asks for view 1. */
export function viewChange(replica: number, overrides: object = {}): object {
  const stable = { sequence: 0, digest: '', certificate: null };
  const base = { kind: 'view-change', view: 1, stable, slots: [], replica, signature: 's' };
  return { ...base, digest: `vc${replica}`, ...overrides };
}

/** What a peer passes on of the slot at `sequence`, which was decided on `requests`. */
export function decision(
  sequence: number,
  requests: readonly Request[] = [request(sequence)],
): Decision {
  const digest = `batch(${requests.map((each) => each.digest).join()})`;
  const commit = { ...certified('commit', digest), sequence };
  return { kind: 'decision', sequence, view: 0, digest, requests, certificate: commit };
}

export function vote(
  phase: Phase,
  replica: number,
  digest: string,
  overrides: Partial<Vote> = {},
): Vote {
  const slot = { view: 0, sequence: 1, digest };
  return { kind: 'vote', phase, ...slot, replica, signature: 's', attempt: 0, ...overrides };
}

export function certificate(
  phase: Phase,
  votes: readonly Pick<Vote, 'digest' | 'replica'>[],
): Certificate {
  const signers = votes.map(({ replica }) => replica);
  const proof = { scheme: 'words', signers, signatures: signers.map(() => 's') };
  const digest = votes[0]?.digest ?? '';
  return { kind: 'certificate', phase, view: 0, sequence: 1, digest, proof };
}

export function certified(phase: Phase, digest: string): Certificate {
  return certificate(
    phase,
    [0, 2, 3].map((replica) => ({ replica, digest })),
  );
}
