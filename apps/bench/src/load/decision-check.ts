/** Asks a gateway what became of requests that it accepted. */

import { Overdue, Quit, until } from '@ccro/clock';
import { z } from 'zod';

/** Questions under way at a time. */
const ASKING = 16;

const answerSchema = z.looseObject({ status: z.enum(['pending', 'decided', 'failed']) });

/**
 * Asks for each request until it is decided or can be no more, for `boundMs` at most in all.
 *
 * @returns those that are not decided
 * @throws Quit when `quit` aborts
 */
export async function undecidedOf(
  url: string,
  ids: readonly string[],
  boundMs: number,
  quit: AbortSignal,
): Promise<readonly string[]> {
  const untilMs = performance.now() + boundMs;
  const left = ids.values();
  const undecided: string[] = [];
  const ask = async (): Promise<void> => {
    for (const id of left) {
      const patience = { boundMs: Math.max(untilMs - performance.now(), 0), quit };
      const isDecided = await until('a decision', patience, () => fateOf(url, id)).catch(
        (error: unknown) => {
          if (error instanceof Overdue) return false;
          throw error;
        },
      );
      if (!isDecided) undecided.push(id);
    }
  };
  await Promise.all(Array.from({ length: ASKING }, ask));
  if (quit.aborted) throw new Quit();
  return undecided;
}

/** Whether it is decided; undefined while that is not known. */
async function fateOf(url: string, id: string): Promise<boolean | undefined> {
  const response = await fetch(`${url}/requests/${id}`);
  if (response.status !== 200) {
    await response.body?.cancel();
    // Anything but 404 says nothing about the request.
    return response.status === 404 ? false : undefined;
  }
  const { status } = answerSchema.parse(await response.json());
  return status === 'pending' ? undefined : status === 'decided';
}
