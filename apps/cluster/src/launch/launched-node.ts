/** The nodes of `npm start`: whatever ends one of them ends none of the others. */

import { maxFaulty } from '@ccro/consensus';
import { KeptAlive, RESTART_POLICY, type SupervisedProcess } from '@ccro/process-cluster';
import type { NodeApp } from '@ccro/node-app';
import { explainFailure, printable } from '@ccro/program';
import type { RunningNode, TroubleListener } from './running-cluster.js';

/** More nodes are gone than the cluster tolerates. */
export class NodeProcessError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NodeProcessError';
  }
}

/** What all nodes of a launch have in common. */
export class NodeKeeping {
  private readonly gone = new Map<number, string>();

  /** @param redisIsAway while it is, a node that does not come up is not to blame */
  constructor(
    private readonly nodes: number,
    private readonly listener: TroubleListener,
    private readonly redisIsAway: () => boolean,
  ) {}

  keep(id: number, start: () => Promise<void>): KeptAlive {
    const { listener } = this;
    return new KeptAlive(
      { name: `node ${id}`, start },
      {
        onNotice: (line) => listener.onNotice(line),
        onGivenUp: (_, why) => this.giveUp(id, why),
      },
      RESTART_POLICY,
      () => !this.redisIsAway(),
    );
  }

  notice(line: string): void {
    this.listener.onNotice(line);
  }

  giveUp(id: number, why: string): void {
    this.gone.set(id, why);
    const tolerated = maxFaulty(this.nodes);
    if (this.gone.size <= tolerated) return;
    const ids = [...this.gone.keys()].sort((a, b) => a - b).join(', ');
    this.listener.onFatal(
      new NodeProcessError(
        `nodes ${ids} are gone for good, and ${this.nodes} nodes can do without ${tolerated}: ` +
          `nothing can be decided any more. The last one: ${why}`,
      ),
    );
  }
}

/** Starts a node in a process of its own, and again whenever it ends. @throws StartFailure */
export async function launchProcess(
  id: number,
  create: (onDeath: (why: string) => void) => SupervisedProcess,
  keeping: NodeKeeping,
): Promise<RunningNode> {
  const node = create((why) => keeper.ended(why));
  const keeper = keeping.keep(id, () => node.start());
  await node.start();
  return {
    id,
    url: node.url ?? '',
    close: async () => {
      const stopped = keeper.stop();
      await node.stop();
      await stopped;
    },
  };
}

/**
 * Starts a node in this process, and again when it cannot go on, from what it kept on disk. One
 * that kept nothing must not come back: it would contradict what it signed.
 *
 * @param start also given the port of the first start, and whom to tell that it cannot go on
 */
export async function launchHere(
  id: number,
  keepsRecords: boolean,
  start: (port: number | undefined, onFatal: (error: unknown) => void) => Promise<NodeApp>,
  keeping: NodeKeeping,
): Promise<RunningNode> {
  let app: NodeApp | undefined;
  let url: string | undefined;
  let closing = false;
  const up = async (): Promise<void> => {
    const port = url === undefined ? undefined : Number(new URL(url).port);
    let early: { readonly error: unknown } | undefined;
    let started: NodeApp | undefined;
    const onFatal = (error: unknown): void => {
      if (started === undefined) early ??= { error };
      else void failed(started, error);
    };
    started = await start(port, onFatal);
    app = started;
    url = started.url;
    if (early !== undefined) void failed(started, early.error);
  };
  const failed = async (node: NodeApp | undefined, error: unknown): Promise<void> => {
    if (closing || node === undefined || node !== app) return;
    app = undefined;
    const why = explainFailure(error, '--node-port');
    await node.close().catch(() => undefined);
    if (keepsRecords) {
      keeper.ended(why);
      return;
    }
    const shown = printable(why, 500);
    keeping.notice(
      `node ${id} ended (${shown}). It is not started again: it kept nothing on disk.`,
    );
    keeping.giveUp(id, shown);
  };
  const keeper = keeping.keep(id, up);
  await up();
  return {
    id,
    url: url ?? '',
    close: async () => {
      closing = true;
      await keeper.stop();
      await app?.close();
    },
  };
}
