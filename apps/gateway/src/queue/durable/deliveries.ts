/**
 * The requests this process handles, from the moment that they are accepted until their answers are
 * recorded.
 *
 * Invariants kept here:
 * - no caller gets an answer before Redis has confirmed that it is recorded, or which other one
 *   was recorded first;
 * - what is written again after an outage is what is open then: a request is taken out of its entry
 *   here as soon as its answer is recorded.
 */

import type { RedisConnection } from '@ccro/redis';
import { ClientError } from '@ccro/client';
import type { RejectCode, Request } from '@ccro/consensus';
import type { Verifier } from '@ccro/crypto';
import { errorMessage } from '@ccro/foreign-text';
import type { FinishedAnswer } from '../../answers/request-record.js';
import type { RequestSender } from '../request-sender.js';
import type { RequestCounts } from '../request-queue.js';
import { TrackedRequest } from '../tracked-request.js';
import type { SignedCall, SignedRequest } from './accepted-calls.js';
import { GroupWriter } from './group-writer.js';
import { packAnswer, unpackAnswer } from './packed-answer.js';
import { RecentEndings } from './recent-endings.js';
import { MAX_RECORDED_CHARACTERS, sizeOfEnding, type Ending } from './recorded-endings.js';
import type { OpenEntry, RequestStore } from './request-store.js';

/** A record that was refused (Redis' memory is full) is tried again after this time. */
const RECORD_RETRY_MS = 500;

interface OwnEntry {
  /** Undefined where that is not known. */
  id: string | undefined;
  /** With all the requests that were open when it was begun. */
  readonly calls: readonly SignedCall[];
  /** Ids of those that are not finished. */
  readonly open: Set<string>;
}

export interface DeliveriesParts {
  readonly store: Pick<RequestStore, 'keep' | 'record' | 'recordAgain' | 'remove'>;
  readonly connection: Pick<RedisConnection, 'connected'>;
  readonly sender: Pick<RequestSender, 'deliver'>;
  readonly verifier: Pick<Verifier, 'verify'>;
  /** Places for endings that are remembered in case Redis loses them: see `MAX_PLACE_BYTES`. */
  readonly maxRecent: number;
  readonly finished: (answer: FinishedAnswer) => void;
  /** Something is the matter with one of the requests. */
  readonly trouble: (error: Error) => void;
}

export class Deliveries {
  private readonly tracked = new Map<string, TrackedRequest>();
  /** Those with open requests. */
  private readonly entries = new Set<OwnEntry>();
  private readonly recent: RecentEndings;
  private readonly records: GroupWriter<Ending, string>;
  private decided = 0;
  private failed = 0;

  constructor(private readonly parts: DeliveriesParts) {
    const { store, connection, maxRecent } = parts;
    this.recent = new RecentEndings(maxRecent);
    this.records = new GroupWriter<Ending, string>({
      write: (endings) => store.record(endings),
      sizeOf: sizeOfEnding,
      maxSize: MAX_RECORDED_CHARACTERS,
      canWrite: () => connection.connected,
      onFailure: () => {
        setTimeout(() => this.records.resume(), RECORD_RETRY_MS).unref();
        return 'unknown';
      },
    });
  }

  /** Sends the requests of calls that were accepted, which are all that the entry is for. */
  begin(entry: OpenEntry): void {
    this.seeTo(entry, (kept) => this.deliver(kept));
  }

  /** Sees to what is open of an entry that was left behind. */
  takeOver(entry: OpenEntry): void {
    this.seeTo(entry, async (kept) => {
      const refused = refusalOf(kept.request, this.parts.verifier);
      return refused === undefined ? this.deliver(kept) : unverifiable(kept.id, refused);
    });
  }

  /** Ids of the entries whose requests this process handles. */
  get entryIds(): ReadonlySet<string> {
    return new Set([...this.entries].flatMap(({ id }) => id ?? []));
  }

  find(id: string): TrackedRequest | undefined {
    return this.tracked.get(id);
  }

  get pending(): number {
    return this.tracked.size;
  }

  counts(): RequestCounts {
    return { pending: this.tracked.size, decided: this.decided, failed: this.failed };
  }

  /**
   * After an outage Redis may have lost what it confirmed: the last second, or everything. What it
   * lacks of what this process knows is written again, before anything else is: so that an
   * idempotency key is not taken for a new one, and what is open outlives this process.
   */
  async writeAgain(): Promise<void> {
    const { store } = this.parts;
    const entries = [...this.entries];
    await Promise.all(
      entries.map(async (entry) => {
        entry.id = await store.keep(openOf(entry));
      }),
    );
    await store.recordAgain(this.recent.all());
  }

  /** The connection is back. */
  resume(): void {
    this.records.resume();
  }

  /** Resolves when all answers that came in are recorded, as far as Redis can be reached. */
  idle(): Promise<void> {
    return this.records.idle();
  }

  close(error: Error): void {
    this.records.close(error);
  }

  private seeTo(
    { id, calls }: OpenEntry,
    endOf: (kept: SignedRequest) => Promise<FinishedAnswer>,
  ): void {
    const entry = this.start(id, calls);
    for (const kept of requestsIn(entry)) {
      const tracked = this.find(kept.id);
      if (tracked === undefined) this.watch(kept.id, this.see(entry, kept, endOf(kept)));
      else {
        void tracked.finished.then((answer) =>
          this.finishOneOf(entry, kept, packAnswer(answer, kept.owner)),
        );
      }
    }
  }

  /** What fails for any other reason than the end of this process: it stays open in Redis. */
  private watch(id: string, seen: Promise<void>): void {
    seen.catch((error: unknown) => {
      const message = `the request ${id} cannot be followed to its end: ${errorMessage(error)}`;
      this.parts.trouble(new Error(message, { cause: error }));
    });
  }

  private start(id: string | undefined, calls: readonly SignedCall[]): OwnEntry {
    const entry: OwnEntry = { id, calls, open: new Set() };
    for (const kept of requestsIn(entry)) entry.open.add(kept.id);
    if (entry.open.size > 0) this.entries.add(entry);
    else this.discard(entry);
    return entry;
  }

  private deliver({ id, request }: SignedRequest): Promise<FinishedAnswer> {
    return this.parts.sender.deliver(id, request);
  }

  /** Resolves when the request is finished, or never, when this process closes before. */
  private async see(
    entry: OwnEntry,
    kept: OpenRequest,
    end: Promise<FinishedAnswer>,
  ): Promise<void> {
    const tracked = new TrackedRequest(kept.id, kept.owner);
    this.tracked.set(tracked.id, tracked);
    const answer = await end.catch(unlessClosed);
    const packed = answer && packAnswer(answer, kept.owner);
    const recorded =
      packed && (await this.records.add(endingOf(kept, packed)).result.catch(() => undefined));
    if (answer === undefined || recorded === undefined) {
      // Closed before it was recorded: the gateway that takes it over sends it again.
      await tracked.finished;
      return;
    }
    const standing = recorded === packed ? answer : unpackAnswer(kept.id, recorded);
    this.tracked.delete(tracked.id);
    this.finishOneOf(entry, kept, recorded);
    if (standing.status === 'decided') this.decided += 1;
    else this.failed += 1;
    tracked.finish(standing);
    this.parts.finished(standing);
  }

  private finishOneOf(entry: OwnEntry, kept: OpenRequest, packed: string): void {
    const { open } = entry;
    open.delete(kept.id);
    this.recent.add({ ...endingOf(kept, packed), record: kept.key?.record, open });
    if (open.size > 0) return;
    this.entries.delete(entry);
    this.discard(entry);
  }

  /** An entry that is not removed now is removed by the gateway that leases it later. */
  private discard({ id }: OwnEntry): void {
    if (id !== undefined) this.parts.store.remove(id).catch(() => undefined);
  }
}

/** A request with the idempotency key and the owner of its call. */
type OpenRequest = SignedRequest & Pick<SignedCall, 'key' | 'owner'>;

function endingOf({ id, key }: OpenRequest, packed: string): Ending {
  return { id, key: key?.digest ?? '', packed };
}

function requestsIn({ calls }: Pick<OwnEntry, 'calls'>): readonly OpenRequest[] {
  return calls.flatMap(({ key, owner, requests }) =>
    requests.map((request) => ({ ...request, key, owner })),
  );
}

function openOf({ id, calls, open }: OwnEntry): OpenEntry {
  const left = calls.map((call) => ({
    ...call,
    requests: call.requests.filter((request) => open.has(request.id)),
  }));
  return { id, calls: left.filter(({ requests }) => requests.length > 0) };
}

/** Why a request is not sent, if it is not. What the verifier cannot even read is malformed. */
function refusalOf(request: Request, verifier: Pick<Verifier, 'verify'>): RejectCode | undefined {
  try {
    const verified = verifier.verify(request);
    return typeof verified === 'string' ? verified : undefined;
  } catch {
    return 'malformed';
  }
}

/** What was signed with another key than the cluster knows is never decided. */
function unverifiable(id: string, code: RejectCode): FinishedAnswer {
  const detail =
    `The request was kept with a signature that does not hold (${code}): ` +
    'it is not what was accepted, or the key of this client has changed since.';
  return { id, status: 'failed', error: 'unverifiable', detail };
}

function unlessClosed(error: unknown): undefined {
  if (error instanceof ClientError && error.code === 'closed') return undefined;
  throw error;
}
