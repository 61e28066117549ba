import { useEffect } from 'preact/hooks';

/** @returns whether it was the last look. @param isStale whether nobody waits for it any more */
export type Look = (isStale: () => boolean) => Promise<boolean>;

/** Polls while the page is visible, as long as `when` is the same. */
export function useLooks(everyMs: number, when: readonly unknown[], look: Look): void {
  useEffect(() => lookAgain(everyMs, look), when);
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
