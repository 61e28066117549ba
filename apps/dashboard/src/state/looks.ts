import { errorMessage } from '@ccro/foreign-text';
import { useEffect, useState } from 'preact/hooks';

/** @returns whether it was the last look. @param isStale whether nobody waits for it any more */
type Look = (isStale: () => boolean) => Promise<boolean>;

/**
 * Polls while the page is visible, as long as `when` is the same.
 *
 * @param read undefined: there is nothing to be read
 * @param take is given what was read, unless it is stale; says `true` of what is the last
 * @returns why the last reading failed
 */
export function useLooks<Found>(
  everyMs: number,
  when: readonly unknown[],
  read: () => Promise<Found | undefined>,
  take: (found: Found) => boolean | void,
): string | undefined {
  const [problem, setProblem] = useState<string | undefined>();
  const look: Look = async (isStale) => {
    try {
      const found = await read();
      if (isStale() || found === undefined) return false;
      setProblem(undefined);
      return take(found) === true;
    } catch (error) {
      if (!isStale()) setProblem(errorMessage(error));
      return false;
    }
  };
  useEffect(() => lookAgain(everyMs, look), when);
  return problem;
}

/**
 * Calls `look` at once and then periodically, until it says that this was the last time. A hidden page
 * does not look.
 *
 * @returns a function that ends it; a look that is on its way then is stale
 */
export function lookAgain(everyMs: number, look: Look): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  const again = async (): Promise<void> => {
    if (!document.hidden && (await look(() => over))) return;
    // The next look begins when the one before has its answer.
    if (!over) timer = setTimeout(() => void again(), everyMs);
  };
  void again();
  return () => {
    over = true;
    clearTimeout(timer);
  };
}
