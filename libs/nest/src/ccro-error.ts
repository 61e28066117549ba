/** Why there is no outcome, or no receipt. */
export type CcroErrorCode =
  /** No decision in time. The operation is sent on until it is decided, or the program ends. */
  | 'undecided'
  /** The application ends: nothing is submitted any more, and no receipt is made. */
  | 'closed'
  /** No node that answers keeps the decision, so that no receipt can be made of it any more. */
  | 'no-receipt';

export class CcroError extends Error {
  constructor(
    readonly code: CcroErrorCode,
    message: string,
  ) {
    super(message);
    this.name = 'CcroError';
  }
}
