/**
 * Brief replies: they name the root over results that other replicas send in full.
 *
 * Invariant kept here (bounded memory, replica by replica): of each the newest few that wait for
 * results are kept, and the newest results that it sent, so many characters of them. So a replica
 * that invents replies displaces only its own.
 */

import type { BriefReply, Digest, ReplicaId, Reply, RequestResult } from '@ccro/consensus';

/** Enough for all slots in flight, several replies each. */
const MAX_KEPT = 256;
/** Characters of results of all replicas together; the newest reply of each is kept whatever its size. */
const MAX_KEPT_CHARACTERS = 16 * 1024 * 1024;
/** A replica's part of them at least, however many there are: as much as a few replies have. */
const LEAST_CHARACTERS = 512 * 1024;

/** Results that replicas have shown. */
interface Shown {
  readonly results: readonly RequestResult[];
  readonly characters: number;
  /** Among whose newest they are. */
  holders: number;
}

interface Held {
  /** The oldest first. */
  readonly roots: Set<Digest>;
  characters: number;
}

export class BriefReplies {
  private readonly shown = new Map<Digest, Shown>();
  private readonly held = new Map<ReplicaId, Held>();
  private readonly waiting = new Map<ReplicaId, Map<Digest, BriefReply>>();
  private readonly mostCharacters: number;

  /** @param n number of replicas */
  constructor(n: number) {
    this.mostCharacters = Math.max(MAX_KEPT_CHARACTERS / n, LEAST_CHARACTERS);
  }

  /**
   * @param replica who sent these results
   * @returns the replies that wait for them, each completed with them
   */
  onResults(replica: ReplicaId, root: Digest, results: readonly RequestResult[]): Reply[] {
    const isNew = !this.shown.has(root);
    this.hold(replica, root, results);
    if (!isNew) return [];
    const completed: Reply[] = [];
    for (const ofReplica of this.waiting.values()) {
      const brief = ofReplica.get(root);
      if (brief !== undefined) completed.push(complete(brief, results));
      ofReplica.delete(root);
    }
    return completed;
  }

  /** @returns the reply with its results, unless they are still to come */
  onBrief(brief: BriefReply): Reply | undefined {
    const shown = this.shown.get(brief.root);
    if (shown !== undefined) return complete(brief, shown.results);
    const ofReplica = this.waiting.get(brief.replica) ?? new Map<Digest, BriefReply>();
    this.waiting.set(brief.replica, ofReplica);
    remember(ofReplica, brief.root, brief);
    return undefined;
  }

  private hold(replica: ReplicaId, root: Digest, results: readonly RequestResult[]): void {
    const held = this.held.get(replica) ?? { roots: new Set<Digest>(), characters: 0 };
    this.held.set(replica, held);
    if (held.roots.has(root)) return;
    const shown = this.shown.get(root) ?? {
      results,
      characters: charactersOf(results),
      holders: 0,
    };
    this.shown.set(root, shown);
    shown.holders += 1;
    held.roots.add(root);
    held.characters += shown.characters;
    for (const oldest of held.roots) {
      const isEnough = held.roots.size <= MAX_KEPT && held.characters <= this.mostCharacters;
      if (isEnough || oldest === root) break;
      this.letGo(held, oldest);
    }
  }

  private letGo(held: Held, root: Digest): void {
    held.roots.delete(root);
    const shown = this.shown.get(root);
    if (shown === undefined) return;
    held.characters -= shown.characters;
    shown.holders -= 1;
    if (shown.holders === 0) this.shown.delete(root);
  }
}

function charactersOf(results: readonly RequestResult[]): number {
  return results.reduce((sum, { result }) => sum + result.length, 0);
}

/** The reply that its replica would have sent with the results in it. */
function complete({ root: _root, ...reply }: BriefReply, results: readonly RequestResult[]): Reply {
  return { ...reply, kind: 'reply', results };
}

function remember<V>(map: Map<Digest, V>, root: Digest, value: V): void {
  map.set(root, value);
  if (map.size <= MAX_KEPT) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
