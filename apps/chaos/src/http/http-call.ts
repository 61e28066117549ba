/** An answer over HTTP. */
export interface HttpAnswer {
  readonly status: number;
  /** The parsed JSON object; empty for any other body. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** No answer came: the connection was refused or broke, or the time was up. */
export class NoAnswer extends Error {
  constructor(
    /** As the system names it, e.g. `ECONNREFUSED`. */
    readonly reason: string,
    /** True when nothing can have arrived at the other side. */
    readonly neverSent: boolean,
  ) {
    super(reason);
    this.name = 'NoAnswer';
  }
}

export interface CallOptions {
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** @throws NoAnswer */
export async function httpCall(
  url: string,
  method: string,
  path: string,
  { json, headers = {}, timeoutMs }: CallOptions,
): Promise<HttpAnswer> {
  const body = json === undefined ? {} : { body: JSON.stringify(json) };
  const type = json === undefined ? {} : { 'content-type': 'application/json' };
  try {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...type, ...headers },
      signal: AbortSignal.timeout(timeoutMs),
      ...body,
    });
    return { status: response.status, body: objectIn(await response.text()) };
  } catch (error) {
    throw noAnswer(error);
  }
}

function noAnswer(error: unknown): NoAnswer {
  if (!(error instanceof Error)) return new NoAnswer(String(error), false);
  if (error.name === 'TimeoutError') return new NoAnswer('no answer in time', false);
  const cause: unknown = error.cause ?? error;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const reason = typeof code === 'string' ? code : error.message;
  return new NoAnswer(reason, reason === 'ECONNREFUSED');
}

function objectIn(text: string): HttpAnswer['body'] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as HttpAnswer['body']) : {};
  } catch {
    return {};
  }
}
