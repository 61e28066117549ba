/**
 * What nodes claim, until f+1 of them claim it: then one honest node does.
 *
 * Invariants kept here:
 * - a claim is passed on when f+1 distinct nodes made it, never earlier;
 * - bounded memory, node by node: of each the newest claims are kept, so that a node with
 *   many claims displaces only its own.
 */
export class Claims<Word> {
  /** Of each node, by what the claim is about; the oldest first. */
  private readonly byNode = new Map<number, Map<string, Word>>();
  /** What f+1 nodes claimed; the oldest first. */
  private readonly agreed = new Set<string>();

  /**
   * @param weakQuorum f+1
   * @param perNode claims of each node that are kept
   */
  constructor(
    private readonly weakQuorum: number,
    private readonly perNode: number,
  ) {}

  /** Whether f+1 nodes claimed it, lately. */
  isAgreed(about: string): boolean {
    return this.agreed.has(about);
  }

  /** What `node` itself says about it, and still waits for others to say so. */
  of(node: number, about: string): Word | undefined {
    return this.byNode.get(node)?.get(about);
  }

  /**
   * Records what a node says; a later statement on the same subject replaces an earlier one.
   *
   * @returns the statements of f+1 nodes, by node, when this one completes them; undefined before and
   *   after
   */
  add(node: number, about: string, word: Word): ReadonlyMap<number, Word> | undefined {
    if (this.agreed.has(about)) return undefined;
    const claims = this.byNode.get(node) ?? new Map<string, Word>();
    this.byNode.set(node, claims);
    claims.set(about, word);
    dropOldest(claims, this.perNode);
    const words = new Map<number, Word>();
    for (const [each, others] of this.byNode) {
      const said = others.get(about);
      if (said !== undefined) words.set(each, said);
    }
    if (words.size < this.weakQuorum) return undefined;
    for (const others of this.byNode.values()) others.delete(about);
    this.agreed.add(about);
    dropOldest(this.agreed, 2 * this.perNode);
    return words;
  }
}

function dropOldest<Key>(
  entries: { readonly size: number; keys(): Iterable<Key>; delete(key: Key): boolean },
  most: number,
): void {
  for (const oldest of entries.keys()) {
    if (entries.size <= most) return;
    entries.delete(oldest);
  }
}
