/** An answer over HTTP. */
export interface HttpAnswer {
  readonly status: number;
  /** The parsed JSON object; empty for any other body. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** No answer came: the connection was refused or broke, or the time was up. */
export interface NoAnswer {
  readonly status: undefined;
  readonly body: Readonly<Record<string, never>>;
  /** As the system names it, e.g. `ECONNREFUSED`. */
  readonly reason: string;
}

export interface CallOptions {
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export async function httpCall(
  url: string,
  method: string,
  path: string,
  { json, headers = {}, timeoutMs }: CallOptions,
): Promise<HttpAnswer | NoAnswer> {
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
    return { status: undefined, body: {}, reason: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'no answer in time';
  const cause: unknown = error.cause ?? error;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : error.message;
}

function objectIn(text: string): HttpAnswer['body'] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as HttpAnswer['body']) : {};
  } catch {
    return {};
  }
}
