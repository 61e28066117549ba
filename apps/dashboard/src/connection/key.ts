/**
 * The key that the gateway may ask for. It is kept for as long as this tab is open, and sent in a
 * header: never in an address, which servers and browsers write down.
 */

const ITEM = 'ccro-key';

/** Why the gateway wants a key: none was sent, it does not know it, or it allows too little. */
export type KeyWanted = 'none' | 'unknown' | 'weak';

type Listener = (wanted: KeyWanted | undefined) => void;

const listeners = new Set<Listener>();
let wanted: KeyWanted | undefined;

export function keyWanted(): KeyWanted | undefined {
  return wanted;
}

/** Calls `listener` at each change. @returns a function that removes it */
export function onKeyWanted(listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function takeKey(key: string): void {
  sessionStorage.setItem(ITEM, key);
  want(undefined);
}

/** As `fetch`, with the key. What the gateway says of the key is told to whoever listens. */
export async function fetchWithKey(path: string, init: RequestInit = {}): Promise<Response> {
  const key = sessionStorage.getItem(ITEM);
  const headers = new Headers(init.headers);
  if (key !== null) headers.set('authorization', `Bearer ${key}`);
  const response = await fetch(path, { ...init, headers });
  if (response.status === 401) want(key === null ? 'none' : 'unknown');
  if (response.status === 403 && (await isForbidden(response.clone()))) want('weak');
  return response;
}

/** Resolves when there is another key to be tried, or after a while. */
export function untilKeyOr(ms: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      stop();
      resolve();
    };
    const timer = ms === undefined ? undefined : setTimeout(end, ms);
    const stop = onKeyWanted((now) => {
      if (now === undefined) end();
    });
  });
}

async function isForbidden(response: Response): Promise<boolean> {
  const problem = (await response.json().catch(() => ({}))) as { readonly type?: unknown };
  return problem.type === 'urn:ccro:problem:forbidden';
}

function want(why: KeyWanted | undefined): void {
  wanted = why;
  for (const listener of [...listeners]) listener(why);
}
