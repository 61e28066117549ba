import type { ReplicaId } from '../ids.js';

/** A replica that was told something else than this one. */
export interface DifferingReplica {
  readonly replica: ReplicaId;
  /** Names of the settings that differ, ascending. */
  readonly settings: readonly string[];
}

/** Pause between two questions to one replica, and between two lines of the log about it. */
const ASK_PAUSE_MS = 200;
const TELL_PAUSE_MS = 60_000;

interface Other {
  /** Whether it ever said the same as this one, as far as anybody's signature tells. */
  agreed: boolean;
  /** What differs by its last fresh word; empty: nothing, as far as is known. */
  settings: readonly string[];
  /** Which of this replica's statuses that was the answer to. */
  attempt: number;
  askedAtMs: number;
  toldAtMs: number;
}

/**
 * Which of the other replicas say that their settings differ. One entry a member, whatever they say.
 *
 * Invariant kept here: a word counts if it is fresh, that is, if it answers a later status of this run
 * than the word before it. What a replica said under settings that it has no more, and that somebody
 * kept and repeats, says nothing about it.
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
