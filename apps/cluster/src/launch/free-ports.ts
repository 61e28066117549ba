import { holdPort } from '@ccro/redis-server';
import type { ClusterOptions } from '../options/cluster-options.js';

/**
 * Makes sure that every port that was asked for can be listened on, before anything is started.
 *
 * @throws an error with code EADDRINUSE (or EACCES), the port in it
 */
export async function requireFreePorts(
  { gatewayPort, nodePort, nodes }: Pick<ClusterOptions, 'gatewayPort' | 'nodePort' | 'nodes'>,
  host: string,
): Promise<void> {
  const ofNodes = nodePort === 0 ? [] : Array.from({ length: nodes }, (_, id) => nodePort + id);
  const ports = [...(gatewayPort === 0 ? [] : [gatewayPort]), ...ofNodes];
  for (const port of ports) {
    const held = await holdPort({ port, host, exclusive: true });
    await held.free();
  }
}
