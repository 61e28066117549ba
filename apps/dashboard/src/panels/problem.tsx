import { errorMessage } from '@ccro/foreign-text';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ForeignText } from './foreign-text.js';

/** Says what went wrong, if something did; it is read out at once. */
export function Problem({ text }: { readonly text: string | undefined }): JSX.Element | null {
  if (text === undefined) return null;
  return (
    <p class="problem" role="alert">
      <ForeignText text={text} />
    </p>
  );
}

/** Does things that can fail. */
interface Attempts {
  /** Why the last one failed; undefined once the next one begins. */
  readonly problem: string | undefined;
  readonly setProblem: (problem: string | undefined) => void;
  /** The last one has not ended yet. */
  readonly busy: boolean;
  readonly attempt: (work: () => Promise<void>) => void;
}

export function useAttempts(): Attempts {
  const [problem, setProblem] = useState<string | undefined>();
  const [busy, setBusy] = useState(false);
  const attempt = (work: () => Promise<void>): void => {
    setProblem(undefined);
    setBusy(true);
    void work()
      .catch((error: unknown) => setProblem(errorMessage(error)))
      .then(() => setBusy(false));
  };
  return { problem, setProblem, busy, attempt };
}
