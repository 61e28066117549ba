import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { problemText } from '../state/problem-text.js';

/** Says what went wrong, if something did; it is read out at once. */
export function Problem({ text }: { readonly text: string | undefined }): JSX.Element | null {
  if (text === undefined) return null;
  return (
    <p class="problem" role="alert">
      {text}
    </p>
  );
}

/** Does things that can fail. */
export interface Attempts {
  /** Why the last one failed; undefined once the next one begins. */
  readonly problem: string | undefined;
  readonly attempt: (work: () => Promise<void>) => Promise<void>;
}

export function useAttempts(): Attempts {
  const [problem, setProblem] = useState<string | undefined>();
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setProblem(undefined);
    await work().catch((error: unknown) => setProblem(problemText(error)));
  };
  return { problem, attempt };
}
