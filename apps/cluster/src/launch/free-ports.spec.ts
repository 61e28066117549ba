import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { requireFreePorts } from './free-ports.js';

const HOST = '127.0.0.1';

async function takenPort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe('requireFreePorts', () => {
  it('H7: refuses a taken port of the gateway or of any node, and leaves none taken itself', async () => {
    const port = await takenPort();
    const taken = { code: 'EADDRINUSE', port };
    const ofGateway = { gatewayPort: port, nodePort: 0, nodes: 4 };
    await expect(requireFreePorts(ofGateway, HOST)).rejects.toMatchObject(taken);
    const ofLastNode = { gatewayPort: 0, nodePort: port - 1, nodes: 2 };
    await expect(requireFreePorts(ofLastNode, HOST)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    const any = { gatewayPort: 0, nodePort: 0, nodes: 4 };
    await expect(requireFreePorts(any, HOST)).resolves.toBeUndefined();
  });
});
