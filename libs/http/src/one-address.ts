import { lookup } from 'node:dns/promises';
import type { FastifyInstance } from 'fastify';

/** Where a server listens. */
export interface Listening {
  /** 0: any free one. */
  readonly port: number;
  readonly host: string;
  readonly backlog?: number;
}

/**
 * Has an application listen on one address, the first that `host` stands for. Told to listen on
 * `localhost`, Fastify makes a second server for each further address, without the limits and
 * listeners that were added to the first.
 *
 * @returns its base URL
 */
export async function listenOnOneAddress(
  http: Pick<FastifyInstance, 'listen'>,
  options: Listening,
): Promise<string> {
  const { address } = await lookup(options.host);
  return await http.listen({ ...options, host: address });
}
