/** Reads what a gateway tells on `GET /events`, as the page of a browser does. */

export interface Followed {
  /** So many events came. */
  readonly events: number;
  readonly bytes: number;
}

export interface Follower {
  /** Ends it. @throws when the stream had ended before, or never began */
  stop(): Promise<Followed>;
}

/** @throws when the gateway refuses */
export async function followEvents(url: string): Promise<Follower> {
  const ending = new AbortController();
  const response = await fetch(`${url}/events`, {
    headers: { accept: 'text/event-stream' },
    signal: ending.signal,
  });
  if (!response.ok || response.body === null) {
    throw new Error(`the gateway answered ${response.status} to GET /events`);
  }
  const followed = { events: 0, bytes: 0 };
  const reading = read(response.body, followed);
  let failure: unknown;
  reading.catch((error: unknown) => (failure = error));
  return {
    stop: async () => {
      // What ended it before was not this.
      const early: unknown = failure;
      ending.abort();
      await reading.catch(() => undefined);
      if (early !== undefined) throw new Error('the events ended early', { cause: early });
      return followed;
    },
  };
}

const LINE_FEED = 0x0a;

/** An empty line ends an event. */
async function read(
  body: AsyncIterable<Uint8Array>,
  followed: { events: number; bytes: number },
): Promise<never> {
  let last = 0;
  for await (const chunk of body) {
    followed.bytes += chunk.length;
    for (const byte of chunk) {
      if (byte === LINE_FEED && last === LINE_FEED) followed.events += 1;
      last = byte;
    }
  }
  throw new Error('the gateway ended the stream');
}
