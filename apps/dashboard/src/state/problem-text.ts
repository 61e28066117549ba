/** What went wrong, as it is shown. */
export function problemText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
