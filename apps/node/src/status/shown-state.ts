/** Of the time of a processor, that digests of the state may take for those who ask what a node is doing. */
const SHARE = 1 / 20;

/**
 * The digest of a node's state for whoever asks. Making it hashes all that changed since it was made last,
 * and nobody needs a key to ask, so it is made in a small part of the time only.
 */
export class ShownState {
  private shown: { readonly stateAt: number; readonly stateDigest: string } | undefined;
  private dueMs = -Infinity;

  /**
   * @param digest of the state as it is
   * @param now milliseconds on a monotonic clock
   */
  constructor(
    private readonly digest: () => string,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @param lastExecuted the slot that the state is after */
  at(lastExecuted: number): { readonly stateAt: number; readonly stateDigest: string } {
    const beganMs = this.now();
    const isDue = this.shown?.stateAt !== lastExecuted && beganMs >= this.dueMs;
    if (this.shown !== undefined && !isDue) return this.shown;
    this.shown = { stateAt: lastExecuted, stateDigest: this.digest() };
    const endedMs = this.now();
    this.dueMs = endedMs + (endedMs - beganMs) / SHARE;
    return this.shown;
  }
}
