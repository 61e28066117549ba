/** The gateway's answer to a submitted request, as far as it is shown. */
export interface Decided {
  readonly id: string;
  readonly status: 'decided';
  readonly mode: string;
  readonly view: number;
  readonly sequence: number;
  readonly consensusTimeMs: number;
  readonly replies: { readonly matching: number; readonly required: number };
  readonly nodes: readonly {
    readonly id: number;
    readonly role: string;
    readonly reply: 'matching' | 'false' | 'none';
    readonly correct: number | null;
    readonly corrupt: number | null;
  }[];
}

/** What was wrong, in the gateway's words. */
export class GatewayProblem extends Error {}

/** Has the cluster decide on `data`. @throws GatewayProblem */
export async function submitData(data: unknown): Promise<Decided> {
  return (await call('POST', '/requests', { data })) as Decided;
}

/** Makes a node misbehave, or behave again with `undefined`. @throws GatewayProblem */
export async function setFault(node: number, kind: string | undefined): Promise<void> {
  const path = `/nodes/${node}/fault`;
  await (kind === undefined ? call('DELETE', path) : call('PUT', path, { kind }));
}

async function call(method: string, path: string, body?: unknown): Promise<unknown> {
  const init: RequestInit =
    body === undefined
      ? { method }
      : { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new GatewayProblem('The gateway cannot be reached. Try again when it is back.');
  }
  const answer = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  if (response.ok) return answer;
  const text = [answer['title'], answer['detail']].filter((part) => typeof part === 'string');
  throw new GatewayProblem(text.join(': ') || `The gateway answered ${response.status}.`);
}
