/** A chunk whose text no honest state has. */
export class ChunkError extends Error {
  /** @param chunk name as the state machine spells it, with the application's */
  constructor(
    readonly chunk: string,
    reason: string,
  ) {
    super(
      `chunk ${JSON.stringify(chunk)} cannot be loaded: ${reason}; ` +
        'it is damaged, or of another version: take the state from another replica',
    );
    this.name = 'ChunkError';
  }
}
