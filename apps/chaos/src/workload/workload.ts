import { Random } from '@ccro/simulator';
import { deadline, pause } from '@ccro/clock';
import { Caller } from './caller.js';
import type { Call, History } from './history.js';
import type { Question } from './question.js';

/** Between two looks at what was accepted and not answered in time. */
const BELATED_LOOK_MS = 1_000;
/** Calls the pulse may have under way at a time; then it skips beats. */
const MAX_PULSES = 400;

export interface WorkloadOptions {
  readonly seed: string;
  /** Keys of the key-value store. Few, so that calls meet. */
  readonly keys: number;
  /** Clients that read and write keys, each one call at a time. */
  readonly keyClients: number;
  /** Clients that hand in requests, each one at a time. */
  readonly submitters: number;
  /** Milliseconds a client waits between two calls: at least and at most. */
  readonly thinkMs: readonly [number, number];
  /** Milliseconds from one pulse to the next. */
  readonly pulseMs: number;
}

/** What a chaos run asks by default. */
export const MODERATE: Omit<WorkloadOptions, 'seed'> = {
  keys: 5,
  keyClients: 5,
  submitters: 3,
  thinkMs: [10, 60],
  pulseMs: 50,
};

/**
 * Clients that work all the time, whatever happens to the cluster. The pulse sends small requests
 * at a fixed rate without waiting for answers: they show when the cluster decides again.
 */
export class Workload {
  private readonly caller: Caller;
  private readonly stopping = new AbortController();
  private readonly givenUp = new AbortController();
  private running: Promise<unknown> = Promise.resolve();
  private pulses = 0;
  /** Calls that were accepted, and given up before they were answered. */
  private readonly belated = new Set<Call>();

  constructor(
    private readonly options: WorkloadOptions,
    private readonly history: History,
    gatewayUrls: () => readonly string[],
  ) {
    this.caller = new Caller({ gatewayUrls, nowMs: history.nowMs });
  }

  start(): void {
    const { keyClients, submitters } = this.options;
    this.running = Promise.all([
      ...times(keyClients, (index) => this.work(`keys-${index}`, (...of) => this.useKey(...of))),
      ...times(submitters, (index) => this.work(`submit-${index}`, (...of) => this.submit(...of))),
      this.pulse(),
      this.followBelated(),
    ]);
  }

  /** What another client asks; see `History`. */
  begin(client: string, question: Question, idempotencyKey: string): Call {
    return this.history.begin(client, question, idempotencyKey);
  }

  /** Sends it, again until it is answered or the run is over. */
  untilAnswered(call: Call): Promise<void> {
    return this.caller.untilAnswered(call, this.givenUp.signal);
  }

  /** Begins nothing new and waits for what is under way, at most so long. */
  async stop(graceMs: number): Promise<void> {
    this.stopping.abort();
    const timer = setTimeout(() => this.givenUp.abort(), graceMs);
    await this.running;
    clearTimeout(timer);
  }

  /** Asks once more after calls that were accepted and never answered, at most so long. */
  async resolve(calls: readonly Call[], graceMs: number): Promise<void> {
    const giveUp = deadline(graceMs);
    for (const call of calls) {
      while (isOpen(call) && !giveUp.aborted) {
        await this.lookBelatedly(call);
        if (isOpen(call)) await pause(20, giveUp);
      }
    }
  }

  /** A gateway remembers a limited number of requests: late in a long run old ones are gone. */
  private async followBelated(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      await pause(BELATED_LOOK_MS, this.stopping.signal);
      for (const call of this.belated) {
        if (this.stopping.signal.aborted) return;
        await this.lookBelatedly(call);
        if (!isOpen(call)) this.belated.delete(call);
      }
    }
  }

  private async lookBelatedly(call: Call): Promise<void> {
    await this.caller.look(call);
    if (call.decided === undefined) return;
    call.isBelated = true;
    call.endMs = this.history.nowMs();
  }

  private async once(call: Call): Promise<void> {
    await this.caller.once(call);
    if (isOpen(call) && call.acceptedIds.size > 0) this.belated.add(call);
  }

  private async work(
    client: string,
    ask: (client: string, random: Random, count: number) => Promise<void>,
  ): Promise<void> {
    const random = new Random(`${this.options.seed}/${client}`);
    for (let count = 1; !this.stopping.signal.aborted; count += 1) {
      await ask(client, random, count);
      await pause(random.between(...this.options.thinkMs), this.stopping.signal);
    }
  }

  private async useKey(client: string, random: Random, count: number): Promise<void> {
    const question = this.questionOnKey(random, `${client}/${count}`);
    const isPatient = random.chance(0.75);
    if (question.kind === 'get' || !isPatient) {
      await this.once(this.history.begin(client, question));
      return;
    }
    const call = this.history.begin(client, question, `${client}-${count}`);
    await this.caller.untilAnswered(call, this.givenUp.signal);
  }

  private questionOnKey(random: Random, value: string): Question {
    const key = `key-${random.below(this.options.keys)}`;
    const choice = random.next();
    if (choice < 0.5) return { kind: 'put', key, value };
    return choice < 0.9 ? { kind: 'get', key } : { kind: 'delete', key };
  }

  private async submit(client: string, random: Random, count: number): Promise<void> {
    const question = { kind: 'append', data: `${client}/${count}` } as const;
    const call = this.history.begin(client, question, `${client}-${count}`);
    if (random.chance(0.7)) await this.caller.untilAnswered(call, this.givenUp.signal);
    else await this.caller.handInAndPoll(call, this.givenUp.signal);
  }

  private async pulse(): Promise<void> {
    const underWay = new Set<Promise<void>>();
    const startMs = this.history.nowMs();
    for (let beat = 1; !this.stopping.signal.aborted; beat += 1) {
      if (underWay.size < MAX_PULSES) {
        this.pulses += 1;
        const question = { kind: 'append', data: `pulse/${this.pulses}` } as const;
        const asked = this.once(this.history.begin('pulse', question));
        underWay.add(asked);
        void asked.finally(() => underWay.delete(asked));
      }
      const dueMs = startMs + beat * this.options.pulseMs;
      await pause(Math.max(dueMs - this.history.nowMs(), 0), this.stopping.signal);
    }
    await Promise.all(underWay);
  }
}

function isOpen({ decided, problem }: Call): boolean {
  return decided === undefined && problem === undefined;
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
