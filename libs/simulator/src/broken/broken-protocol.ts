import type { InvariantName } from '../checkers/violation.js';
import type { SourceEdit } from './source-edit.js';

/** A protocol that is wrong on purpose in one rule. */
export interface BrokenProtocol {
  readonly name: string;
  /** The rule it breaks, in a sentence. */
  readonly breaks: string;
  readonly edits: readonly [SourceEdit, ...SourceEdit[]];
  /** What is violated then: whichever shows first. */
  readonly violates: readonly InvariantName[];
  /**
   * How it is found: by whole runs, or where it shows only with decisions that no cluster makes
   * yet, by exploring the re-proposal rule.
   */
  readonly foundBy: 'runs' | 'exploration';
}

/** How one is written down: most take one edit, and are found by whole runs. */
export interface BrokenRule extends Omit<BrokenProtocol, 'edits' | 'foundBy'>, SourceEdit {
  /** Further edits. */
  readonly also?: readonly SourceEdit[];
  readonly foundBy?: BrokenProtocol['foundBy'];
}

export const CONSENSUS = 'libs/consensus/src';
export const CRYPTO = 'libs/crypto/src';
