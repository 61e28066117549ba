/** Calls `run` when what is due now is done, to the last promise. */
export function soon(run: () => void): void {
  setImmediate(run);
}
