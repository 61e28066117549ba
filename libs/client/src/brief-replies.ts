/**
 * Brief replies: they name the root over results that other replicas send in full.
 *
 * Invariants kept here:
 * - bounded memory, replica by replica: of each the newest few that wait for results are kept, and the newest
 *   results that it sent, so many characters of them. So a replica that invents results displaces only its own;
 * - nothing is checked before it can say anything: a brief reply waits unverified, under the name that it
 *   bears, until a member has shown results with its root. What somebody invents under another's name can
 *   displace what waits under that name; its replica then replies again when it is asked again.
 */

import type { BriefReply, Digest, ReplicaId, Reply, RequestResult } from '@ccro/consensus';

/** Enough for all slots in flight, several replies each. */
const MAX_KEPT = 256;
/** Of one replica and root: those that are not its own word do not verify. */
const MAX_ALIKE = 8;
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
  private readonly waiting = new Map<ReplicaId, Map<Digest, BriefReply[]>>();
  private readonly mostCharacters: number;

  /** @param n number of replicas */
  constructor(n: number) {
    this.mostCharacters = Math.max(MAX_KEPT_CHARACTERS / n, LEAST_CHARACTERS);
  }

  /**
   * Takes results that a member sent.
   *
   * @returns what waited for them, to be verified
   */
  onResults(replica: ReplicaId, root: Digest, results: readonly RequestResult[]): BriefReply[] {
    const isNew = !this.shown.has(root);
    this.hold(replica, root, results);
    if (!isNew) return [];
    const found: BriefReply[] = [];
    for (const ofReplica of this.waiting.values()) {
      found.push(...(ofReplica.get(root) ?? []));
      ofReplica.delete(root);
    }
    return found;
  }

  /** Keeps a reply, verified or not, until its results are shown. */
  wait(brief: BriefReply): void {
    const ofReplica = this.waiting.get(brief.replica) ?? new Map<Digest, BriefReply[]>();
    this.waiting.set(brief.replica, ofReplica);
    const alike = ofReplica.get(brief.root) ?? [];
    remember(ofReplica, brief.root, [...alike.slice(1 - MAX_ALIKE), brief]);
  }

  /** The reply with its results; undefined while these are still to come. */
  completed({ root, ...reply }: BriefReply): Reply | undefined {
    const results = this.shown.get(root)?.results;
    return results === undefined ? undefined : { ...reply, kind: 'reply', results };
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

/** How long results are. */
export function charactersOf(results: readonly RequestResult[]): number {
  return results.reduce((sum, { result }) => sum + result.length, 0);
}

function remember<V>(map: Map<Digest, V>, root: Digest, value: V): void {
  map.set(root, value);
  if (map.size <= MAX_KEPT) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
