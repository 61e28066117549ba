/** Reads what a gateway tells on `GET /events`, as the page of a browser does. */

export interface Follower {
  /** Ends it. @returns how many events came. @throws when the stream had ended before */
  stop(): Promise<number>;
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
  let events = 0;
  let failure: unknown;
  const reading = read(response.body, () => (events += 1)).catch((error: unknown) => {
    failure = error;
  });
  return {
    stop: async () => {
      // What ended it before was not this.
      const early = failure;
      ending.abort();
      await reading;
      if (early !== undefined) throw new Error('the events ended early', { cause: early });
      return events;
    },
  };
}

const LINE_FEED = 0x0a;

/** An empty line ends an event. */
async function read(body: AsyncIterable<Uint8Array>, onEvent: () => void): Promise<never> {
  let last = 0;
  for await (const chunk of body) {
    for (const byte of chunk) {
      if (byte === LINE_FEED && last === LINE_FEED) onEvent();
      last = byte;
    }
  }
  throw new Error('the gateway ended the stream');
}
