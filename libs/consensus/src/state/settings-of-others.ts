import type { DifferingReplica } from '../model/settings.js';
import type { ReplicaId } from '../messages/ids.js';

/** Pause between two questions to one replica, and between two lines of the log about it. */
const ASK_PAUSE_MS = 200;
const TELL_PAUSE_MS = 60_000;

interface Other {
  /** Whether it ever reported the same settings as this one, under its signature. */
  agreed: boolean;
  /** What differs by its last fresh report; empty: nothing, as far as is known. */
  settings: readonly string[];
  /** Which of this replica's statuses that was the answer to. */
  attempt: number;
  askedAtMs: number;
  toldAtMs: number;
}

/**
 * Which of the other replicas report settings that differ. At most one entry per member.
 *
 * Invariant kept here: a report counts if it is fresh, that is, if it answers a later status of this run
 * than the report before it. So a replayed report, of settings that the replica no longer has, does not
 * count.
 */
export class SettingsOfOthers {
  private readonly others = new Map<ReplicaId, Other>();

  /** Those that differ, ascending by id. */
  get differing(): readonly DifferingReplica[] {
    return [...this.others]
      .filter(([, { settings }]) => settings.length > 0)
      .map(([replica, { settings }]) => ({ replica, settings }))
      .sort((a, b) => a.replica - b.replica);
  }

  /** How many have said the same as this replica, and nothing else since. */
  get agreeingCount(): number {
    let count = 0;
    for (const { agreed, settings } of this.others.values()) {
      if (agreed && settings.length === 0) count += 1;
    }
    return count;
  }

  /** How many differ. */
  get differingCount(): number {
    let count = 0;
    for (const { settings } of this.others.values()) if (settings.length > 0) count += 1;
    return count;
  }

  /**
   * Notes the answer to status `attempt` of this run.
   *
   * @param settings names of those that differ
   * @returns whether it is later than what is known
   */
  heard(replica: ReplicaId, attempt: number, settings: readonly string[]): boolean {
    const other = this.of(replica);
    if (attempt <= other.attempt) return false;
    other.attempt = attempt;
    other.settings = settings;
    return true;
  }

  /** Notes that it says the same as this replica, or once did. */
  noteAgreeing(replica: ReplicaId): void {
    this.of(replica).agreed = true;
  }

  /** Whether `settings` contradict what is known of `replica`, and it was not asked just now. */
  mayAsk(replica: ReplicaId, settings: readonly string[], nowMs: number): boolean {
    const other = this.of(replica);
    if (other.settings.join() === settings.join()) return false;
    if (nowMs - other.askedAtMs < ASK_PAUSE_MS) return false;
    other.askedAtMs = nowMs;
    return true;
  }

  /** Whether the log may speak of `replica`: nobody fills it by saying this and that in turn. */
  mayTell(replica: ReplicaId, nowMs: number): boolean {
    const other = this.of(replica);
    if (nowMs - other.toldAtMs < TELL_PAUSE_MS) return false;
    other.toldAtMs = nowMs;
    return true;
  }

  private of(replica: ReplicaId): Other {
    let other = this.others.get(replica);
    if (other === undefined) {
      other = {
        agreed: false,
        settings: [],
        attempt: -1,
        askedAtMs: -Infinity,
        toldAtMs: -Infinity,
      };
      this.others.set(replica, other);
    }
    return other;
  }
}
