/**
 * Faults that nodes and gateways have alike: the end of the program, its clock, the reader of its log, its
 * connections. Each ends when the cause was taken away; that the program recovers is for its caller
 * to wait for.
 */

import { connect, type Socket } from 'node:net';
import { pause, until } from '@ccro/clock';
import type { ClockReading, SupervisedProcess } from '@ccro/process-cluster';
import type { Incident } from '../timeline.js';
import type { FaultContext } from './fault-context.js';
import type { ProgramFault } from './planned-fault.js';
import { untilReady } from './recovery.js';

/** How long a program may take to notice what was done to it. */
const NOTICE_BOUND_MS = 30_000;
/** Before an idle connection that was closed is made anew. */
const AGAIN_MS = 250;

type FaultOf<K extends ProgramFault['kind']> = Extract<ProgramFault, { readonly kind: K }>;

/** @throws Overdue when nothing shows of it, StartFailure, Quit */
export async function injectProgramFault(
  fault: ProgramFault,
  program: SupervisedProcess,
  incident: Incident,
  context: FaultContext,
): Promise<void> {
  switch (fault.kind) {
    case 'clock-step':
    case 'clock-restart':
      await setClock(fault, program, incident, context);
      break;
    case 'log-closed':
      await closeLog(fault, program, incident, context);
      break;
    case 'silent-redis':
      await silenceRedis(program, incident, context);
      break;
    case 'idle-connections':
      await connectIdly(fault, program, incident, context);
      break;
  }
  context.timeline.healed(incident);
}

/** SIGKILL, and started again after a while. */
export async function killAndRevive(
  program: SupervisedProcess,
  downMs: number,
  incident: Incident,
  { cluster, timeline, timeUp }: FaultContext,
): Promise<void> {
  await program.kill();
  if (!program.running) incident.showed = 'its process was gone';
  await pause(downMs, timeUp);
  await cluster.revive(program);
  timeline.healed(incident);
}

/** While it runs, or at a restart. */
async function setClock(
  { kind, offByMs, forMs }: FaultOf<'clock-step'> | FaultOf<'clock-restart'>,
  program: SupervisedProcess,
  incident: Incident,
  { cluster, timeUp, quit }: FaultContext,
): Promise<void> {
  const { clock } = cluster.surroundingsOf(program);
  const set = async (ms: number): Promise<ClockReading> => {
    if (kind === 'clock-step') return clock.step(ms, program.pid ?? 0, quit);
    await program.kill();
    await clock.set(ms);
    await cluster.revive(program);
    return clock.untilRead(quit);
  };
  const { said } = await set(offByMs);
  incident.showed = `its clock said ${said}`;
  await pause(forMs, timeUp);
  await set(0);
}

async function closeLog(
  { forMs }: FaultOf<'log-closed'>,
  program: SupervisedProcess,
  incident: Incident,
  { cluster, timeUp, quit }: FaultContext,
): Promise<void> {
  const { pid = 0 } = program;
  program.closeOutput();
  // Setting a clock, be it to what it was, is worth a line.
  const { writeError } = await cluster.surroundingsOf(program).clock.step(0, pid, quit);
  if (writeError !== null) incident.showed = `it could not write its log: ${writeError}`;
  await pause(forMs, timeUp);
  await untilReady([program], quit);
  await program.stop();
  await cluster.revive(program);
}

async function silenceRedis(
  program: SupervisedProcess,
  incident: Incident,
  { cluster, timeline, quit }: FaultContext,
): Promise<void> {
  const { path } = cluster.surroundingsOf(program);
  if (path === undefined) throw new RangeError(`${program.name} has no path to Redis of its own`);
  const bound = { boundMs: NOTICE_BOUND_MS, quit };
  const silent = await until(`a connection of ${program.name} to Redis`, bound, () =>
    Promise.resolve(path.silence() || undefined),
  );
  const madeBefore = path.made;
  const sinceMs = timeline.nowMs();
  await until(`a new connection of ${program.name} to Redis`, bound, () =>
    Promise.resolve(path.made > madeBefore || undefined),
  );
  const afterS = ((timeline.nowMs() - sinceMs) / 1000).toFixed(1);
  incident.showed = `${silent} connections silent, new ones after ${afterS} s`;
  path.endSilent();
}

async function connectIdly(
  { forMs }: FaultOf<'idle-connections'>,
  program: SupervisedProcess,
  incident: Incident,
  { cluster, timeUp, quit }: FaultContext,
): Promise<void> {
  const { openFiles } = cluster.surroundingsOf(program);
  const idle = new IdleConnections(program.url ?? '', openFiles);
  try {
    const bound = { boundMs: NOTICE_BOUND_MS, quit };
    await until(`a connection that ${program.name} closes`, bound, () =>
      Promise.resolve(idle.closedByServer > 0 || undefined),
    );
    await pause(forMs, timeUp);
    const { made, closedByServer } = idle;
    incident.showed = `it had ${made} idle connections made to it, closed ${closedByServer}`;
  } finally {
    idle.end();
  }
}

/** Connections over which nothing is asked, always so many. */
class IdleConnections {
  /** How many were made. */
  made = 0;
  /** How many of them the server closed. */
  closedByServer = 0;
  private readonly sockets = new Set<Socket>();
  private readonly again: NodeJS.Timeout;

  /** @param url base URL of an HTTP server */
  constructor(
    private readonly url: string,
    private readonly count: number,
  ) {
    this.fill();
    this.again = setInterval(() => this.fill(), AGAIN_MS);
  }

  end(): void {
    clearInterval(this.again);
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }

  private fill(): void {
    while (this.sockets.size < this.count) this.open();
  }

  private open(): void {
    const { hostname, port } = new URL(this.url);
    const socket = connect(Number(port), hostname);
    this.sockets.add(socket);
    let isConnected = false;
    socket.on('error', () => undefined);
    socket.once('connect', () => {
      isConnected = true;
      this.made += 1;
    });
    socket.once('close', () => {
      if (this.sockets.delete(socket) && isConnected) this.closedByServer += 1;
    });
  }
}
