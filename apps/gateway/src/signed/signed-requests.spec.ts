import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { clusterKeys, developmentCluster, developmentKey } from '@ccro/cluster-config';
import { RequestSigner } from '@ccro/crypto';
import { ReceiptVerifier } from '@ccro/receipt';
import { appendOperation } from '@ccro/state-machine';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { expectProblem } from '../../test/expect-problem.js';
import { closeStarted, startedGateway, type StartedGateway } from '../../test/started-gateway.js';
import type { SignedRequestDto } from './signed-requests.controller.js';

afterEach(closeStarted);

const run = promisify(execFile);
const CLUSTER = 'gateway-spec';
const config = developmentCluster({
  nodes: 4,
  mode: 'ccro',
  cluster: CLUSTER,
  clients: ['gateway', 'alice', 'bob'],
});

function start(options: Parameters<typeof startedGateway>[0] = {}): Promise<StartedGateway> {
  return startedGateway({ config, ...options });
}

/** What a user sends who signed with the key of `signer`. */
function signed(data: string, timestamp = 7, signer = 'alice'): SignedRequestDto {
  return signedOperation(appendOperation(data), timestamp, signer);
}

function signedOperation(operation: string, timestamp = 7, signer = 'alice'): SignedRequestDto {
  const { secretKey } = developmentKey('client', signer);
  const draft = { client: 'alice', timestamp, operation };
  const { signature } = new RequestSigner({ cluster: CLUSTER, secretKey }).sign(draft);
  return { ...draft, signature };
}

describe('POST /requests/signed', () => {
  it('passes on what its client signed, byte for byte', async () => {
    const { call, cluster } = await start();
    const request = signed('mine');
    const { status, body } = await call('POST', '/requests/signed', { json: request });
    expect({ status, id: body['id'], view: body['status'] }).toEqual({
      status: 200,
      id: 'alice-7',
      view: 'decided',
    });
    expect(cluster.heard).toHaveLength(1);
    expect(cluster.heard[0]).toMatchObject(request);
    // The gateway's own requests go on beside it.
    expect((await call('POST', '/requests', { json: { data: 1 } })).status).toBe(200);
  });

  /** What the example prints for `data`, a JSON text. */
  async function signedByExample(data: string): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'ccro-sign-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const keyFile = join(directory, 'alice.key.json');
    await writeFile(keyFile, JSON.stringify(developmentKey('client', 'alice')));
    const example = join(import.meta.dirname, '../../../../examples/sign-request.mjs');
    const { stdout } = await run(process.execPath, [example, CLUSTER, 'alice', keyFile, data]);
    return stdout;
  }

  it('takes what the example signs, which knows nothing of the libraries', async () => {
    const text = await signedByExample(JSON.stringify({ price: 3, currency: '€' }));
    const { call, cluster } = await start();
    const answer = await call('POST', '/requests/signed', { text });
    expect(answer.status).toBe(200);
    expect(cluster.heard[0]?.operation).toBe(appendOperation({ price: 3, currency: '€' }));
  });

  it('B1, sibling: the example signs data as it is written, and never as another number', async () => {
    const { call, cluster } = await start();
    for (const data of ['9007199254740993', '1e400', '-0', '{"a":1,"a":2}']) {
      const text = await signedByExample(data);
      expect(text).toContain(JSON.stringify(data).slice(1, -1));
      expectProblem(await call('POST', '/requests/signed', { text }), 400, 'invalid-request');
    }
    expect(cluster.heard).toEqual([]);
    const invalid = signedByExample('"caf\ufffd"');
    await expect(invalid).rejects.toThrow('JSON-DATA is not UTF-8');
  });

  it('is executed once, however often it is sent', async () => {
    const { call, cluster } = await start();
    const json = signed('once');
    const [first, second] = await Promise.all([
      call('POST', '/requests/signed', { json }),
      call('POST', '/requests/signed', { json }),
    ]);
    const third = await call('POST', '/requests/signed', { json });
    for (const { status, body } of [first, second, third]) {
      expect({ status, sequence: body['sequence'] }).toEqual({ status: 200, sequence: 1 });
    }
    expect(cluster.decisions).toHaveLength(1);
  });

  it('refuses what its client did not sign', async () => {
    const { call, cluster } = await start();
    const request = signed('mine');
    for (const [json, said] of [
      [{ ...request, operation: appendOperation('changed') }, 'signature: '],
      [{ ...request, timestamp: 8 }, 'signature: '],
      [signed('not by her', 7, 'bob'), 'signature: '],
      [{ ...request, client: 'bob' }, 'signature: '],
      [{ ...request, client: 'nobody' }, 'client: '],
      [{ ...request, client: 'gateway' }, 'client: '],
      [{ ...request, signature: 'short' }, 'signature: '],
      [{ ...request, operation: '\ud800' }, 'operation: '],
      [{ ...request, digest: 'of my own' }, 'digest'],
    ] as const) {
      const answer = await call('POST', '/requests/signed', { json });
      expectProblem(answer, 400, 'invalid-request');
      expect(answer.body['detail']).toContain(said);
    }
    expect(cluster.heard).toEqual([]);
  });

  it('H3, sibling: refuses, signed or not, what no node would do anything about', async () => {
    const { call, cluster } = await start();
    const unknown = signedOperation('{"type":"kv.putt","key":"k","value":1}');
    const incomplete = signedOperation('{"type":"kv.put","key":"k"}');
    for (const [json, said] of [
      [unknown, 'no application knows'],
      [incomplete, 'the fields of that type'],
    ] as const) {
      const answer = await call('POST', '/requests/signed', { json });
      expectProblem(answer, 400, 'invalid-request');
      expect(answer.body['detail']).toContain(said);
    }
    expect(cluster.heard).toEqual([]);
  });

  it('gives up in time, keeps nothing, and may be asked again', async () => {
    const { call, cluster } = await start({ requestTimeoutMs: 200 });
    cluster.stalled = true;
    const late = await call('POST', '/requests/signed', { json: signed('later') });
    expectProblem(late, 504, 'decision-timeout');
    expect(late.body['id']).toBe('alice-7');
    cluster.stalled = false;
    const again = await call('POST', '/requests/signed', { json: signed('later') });
    expect(again.status).toBe(200);
  });

  it('waits its own time, also when an earlier call with the same request gives up', async () => {
    const { call, cluster, hub } = await start({ requestTimeoutMs: 800 });
    cluster.stalled = true;
    const json = signed('twice');
    const first = call('POST', '/requests/signed', { json });
    await vi.waitFor(() => expect(cluster.heard.length).toBeGreaterThan(0));
    const heard = cluster.heard.length;
    // It is sent again after a while, so a part of the first call's time is over.
    await vi.waitFor(() => expect(cluster.heard.length).toBeGreaterThan(heard));
    const second = call('POST', '/requests/signed', { json });
    expectProblem(await first, 504, 'decision-timeout');
    cluster.stalled = false;
    // Whoever is connected again sends what is under way.
    hub.setAvailable(false);
    hub.setAvailable(true);
    expect((await second).status).toBe(200);
  });

  it('are counted among the requests of the gateway', async () => {
    const { call } = await start();
    await call('POST', '/requests/signed', { json: signed('counted') });
    const metrics = String((await call('GET', '/metrics')).body['text']);
    expect(metrics).toContain('ccro_gateway_consensus_seconds_count 1');
  });

  it('says so when another request was executed under its timestamp', async () => {
    const { call, cluster } = await start({ requestTimeoutMs: 400 });
    cluster.stalled = true;
    const first = call('POST', '/requests/signed', { json: signed('one') });
    await vi.waitFor(() => expect(cluster.heard.length).toBeGreaterThan(0));
    const other = await call('POST', '/requests/signed', { json: signed('another') });
    expectProblem(other, 409, 'timestamp-conflict');
    expectProblem(await first, 504, 'decision-timeout');
  });

  it('is answered when the gateway ends', async () => {
    const { call, cluster, gateway } = await start();
    cluster.stalled = true;
    const waiting = call('POST', '/requests/signed', { json: signed('too late') });
    await vi.waitFor(() => expect(cluster.heard.length).toBeGreaterThan(0));
    await gateway.close();
    expectProblem(await waiting, 503, 'shutting-down');
  });

  it('has receipts by its slot', async () => {
    const { call, gateway } = await start();
    const { body } = await call('POST', '/requests/signed', { json: signed('prove it') });
    const at = (sequence: unknown): string =>
      `${gateway.url}/requests/alice-7/receipt?sequence=${String(sequence)}`;
    const receipt = await fetch(at(body['sequence']));
    const verdict = new ReceiptVerifier(clusterKeys(config)).verify(
      new Uint8Array(await receipt.arrayBuffer()),
    );
    expect(verdict).toMatchObject({ holds: true });
    expectProblem(await call('GET', '/requests/alice-7/receipt'), 404, 'not-found');
    expectProblem(await call('GET', '/requests/alice-8/receipt?sequence=1'), 404, 'not-found');
    expectProblem(
      await call('GET', '/requests/alice-7/receipt?sequence=x'),
      400,
      'invalid-request',
    );
  });
});
