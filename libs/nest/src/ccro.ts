/**
 * The injectable client: submits operations to a cluster, for as long as the application runs.
 *
 * Invariant kept here: what `submit` gives was signed by f + 1 replicas, so one of them is honest.
 * What the application has submitted when it is told to end is waited for, within the timeout; what
 * it has not is refused.
 */

import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import type { CcroClient } from '@ccro/client';
import { systemClock } from '@ccro/clock';
import { encodeOperation, type JsonObject } from '@ccro/state-machine';
import { CCRO_OPTIONS, Connection, type CcroOptions } from './connection.js';
import { CcroError, decidedFrom, type Decided } from './decided.js';
import { receiptOf } from './receipts.js';

const DEFAULT_TIMEOUT_MS = 5000;
/** How long the first operations wait for the nodes to say which timestamps they executed. */
const KNOWN_TIMEOUT_MS = 1000;
const LATE = Symbol('late');

@Injectable()
export class Ccro implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  /** What is not there yet for an operation of one's own: queries, counters. */
  readonly client: CcroClient;
  private readonly waiting = new Set<Promise<unknown>>();
  private readonly clientId: string;
  private readonly timeoutMs: number;
  private closing = false;
  /** The nodes have said which timestamps they executed, or did not in time. */
  private timestampsKnown: Promise<unknown> = Promise.resolve();

  constructor(
    @Inject(CCRO_OPTIONS) { clientId, timeoutMs = DEFAULT_TIMEOUT_MS }: CcroOptions,
    @Inject(Connection) private readonly connection: Connection,
  ) {
    this.clientId = clientId;
    this.timeoutMs = timeoutMs;
    this.client = connection.client;
  }

  /** @throws BrokerError when the broker cannot be reached */
  async onModuleInit(): Promise<void> {
    const { broker } = this.connection;
    await broker.connect();
    try {
      await this.client.listen();
      // Or too few nodes answer: then nothing would be decided in time either.
      this.timestampsKnown = inTime(this.client.timestampsKnown(), KNOWN_TIMEOUT_MS);
    } catch (error) {
      // An application that did not start is told of no end.
      await broker.close();
      throw error;
    }
  }

  /** Whether the broker is there: without it nothing is decided. */
  get connected(): boolean {
    return this.connection.broker.connected;
  }

  /**
   * Has the cluster execute an operation, and waits for what came of it.
   *
   * @param operation `{ type, ... }`, as the state machine reads it
   * @throws OperationError when it is too large or too deep; ClientError `overloaded`; CcroError
   *   `undecided` when time is up: it may still be decided, and submitting it anew may execute it
   *   twice
   */
  async submit(operation: JsonObject): Promise<Decided> {
    if (this.closing) throw new CcroError('closed', 'the application ends');
    const text = encodeOperation(operation);
    const submitted = this.timestampsKnown.then(() => this.client.submit(text));
    void this.track(submitted.then(({ decided }) => decided));
    const { decided, timestamp } = await submitted;
    const outcome = await inTime(decided, this.timeoutMs);
    if (outcome !== LATE) return decidedFrom(this.clientId, outcome);
    const said = `was not decided in ${this.timeoutMs} ms; it is sent on`;
    throw new CcroError('undecided', `${this.clientId}-${timestamp} ${said}`);
  }

  /**
   * Text of a receipt, which proves the outcome to everyone with the cluster's public keys: see
   * docs/RECEIPTS.md.
   *
   * @throws CcroError `no-receipt` or `closed`
   */
  receipt(decided: Decided): Promise<string> {
    return receiptOf(decided, this.connection);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.closing = true;
    await inTime(Promise.allSettled([...this.waiting]), this.timeoutMs);
  }

  async onApplicationShutdown(): Promise<void> {
    this.client.close();
    await this.connection.broker.close();
  }

  /** Keeps the promise for as long as it is open. */
  private async track(decided: Promise<unknown>): Promise<void> {
    this.waiting.add(decided);
    await Promise.allSettled([decided]);
    this.waiting.delete(decided);
  }
}

/** What `promise` gives, or `LATE` after `timeoutMs`. Leaves no timer behind. */
async function inTime<T>(promise: Promise<T>, timeoutMs: number): Promise<T | typeof LATE> {
  let stop = (): void => undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    stop = systemClock.schedule(timeoutMs, () => resolve(LATE));
  });
  return Promise.race([promise, late]).finally(stop);
}
