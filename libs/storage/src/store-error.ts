/** What is wrong with a store. */
export type StoreErrorCode =
  /** Its content is not what was written: it must not be started from. */
  | 'damaged'
  /** Another process has it open. */
  | 'locked'
  /** It belongs to another node, cluster or version. */
  | 'foreign'
  /** It cannot be read or written (full disk, permissions). */
  | 'unavailable';

/** Says in one line what is wrong with a store and what to do about it. */
export class StoreError extends Error {
  constructor(
    readonly code: StoreErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message.replace(/\s+/g, ' '), options);
    this.name = 'StoreError';
  }
}
