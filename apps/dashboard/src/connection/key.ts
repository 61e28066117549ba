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

/** The key of this tab; null: none was given. */
export function currentKey(): string | null {
  return sessionStorage.getItem(ITEM);
}

/** Keys are of these: others no gateway knows, and some no header can hold. */
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

export function takeKey(key: string): void {
  if (!VISIBLE_ASCII.test(key)) return want('unknown');
  sessionStorage.setItem(ITEM, key);
  want(undefined);
}

/** As `fetch`, with the key. Listeners are told what the gateway says of the key. */
export async function fetchWithKey(path: string, init: RequestInit = {}): Promise<Response> {
  const key = currentKey();
  const headers = new Headers(init.headers);
  if (key !== null) headers.set('authorization', `Bearer ${key}`);
  const response = await fetch(path, { ...init, headers });
  const wants = await wantedBy(response, key);
  // Of a key that has been replaced meanwhile nobody needs to hear.
  if (wants !== undefined && sessionStorage.getItem(ITEM) === key) want(wants);
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

async function wantedBy(response: Response, key: string | null): Promise<KeyWanted | undefined> {
  if (response.status === 401) return key === null ? 'none' : 'unknown';
  if (response.status !== 403) return undefined;
  const answer = response.clone().json() as Promise<{ readonly type?: unknown }>;
  const { type } = await answer.catch(() => ({ type: undefined }));
  return type === 'urn:ccro:problem:forbidden' ? 'weak' : undefined;
}

function want(why: KeyWanted | undefined): void {
  wanted = why;
  for (const listener of [...listeners]) listener(why);
}
