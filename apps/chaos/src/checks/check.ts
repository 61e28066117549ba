/** What one check found. It has passed when there are no findings. */
export interface CheckResult {
  /** What must hold, in words. */
  readonly name: string;
  /** What was looked at, in numbers. */
  readonly summary: string;
  /** Each a violation, with what to look at. */
  readonly findings: readonly string[];
}

export function hasPassed({ findings }: CheckResult): boolean {
  return findings.length === 0;
}
