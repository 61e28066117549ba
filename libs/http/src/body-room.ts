/**
 * Room for bodies that are on their way. Each is limited, and so is the time that it may take; but a client
 * that opens many connections, and sends all of a body but its last byte on each, would have all of them kept.
 */

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { whenOver } from './call-end.js';
import { ProblemException } from './problem/problem.js';

/** Bytes of all bodies that are on their way to one server. */
const MAX_ARRIVING_BYTES = 64 * 1024 * 1024;
/** The same, of one caller: the others have room whatever it does. */
const MAX_ARRIVING_BYTES_OF_ONE = 32 * 1024 * 1024;

/** Who makes a call, as far as it matters whose share of room it takes. */
export type NameCaller = (request: FastifyRequest) => string;

export class BodyRoom {
  private readonly held = new Map<string, number>();
  private all = 0;

  /** @returns what gives the room back, once; undefined when there is none */
  take(caller: string, bytes: number): (() => void) | undefined {
    const own = (this.held.get(caller) ?? 0) + bytes;
    if (own > MAX_ARRIVING_BYTES_OF_ONE || this.all + bytes > MAX_ARRIVING_BYTES) return undefined;
    this.held.set(caller, own);
    this.all += bytes;
    let isHeld = true;
    return () => {
      if (isHeld) this.giveBack(caller, bytes);
      isHeld = false;
    };
  }

  private giveBack(caller: string, bytes: number): void {
    this.all -= bytes;
    const left = (this.held.get(caller) ?? bytes) - bytes;
    if (left > 0) this.held.set(caller, left);
    else this.held.delete(caller);
  }
}

/**
 * Refuses bodies that there is no room for, before anything of them is read, and after calls without
 * permission were refused.
 *
 * @param bodyBytes largest body
 */
export function limitArriving(
  http: FastifyInstance,
  bodyBytes: number,
  nameCaller: NameCaller,
): void {
  const room = new BodyRoom();
  const held = new WeakMap<FastifyRequest, () => void>();
  http.addHook('preParsing', (request, reply, payload, done) => {
    const bytes = Math.min(announcedBytes(request), bodyBytes);
    const giveBack = bytes === 0 ? undefined : room.take(nameCaller(request), bytes);
    if (giveBack !== undefined) {
      held.set(request, giveBack);
      whenOver(reply, giveBack);
    }
    done(bytes > 0 && giveBack === undefined ? noRoom() : null, payload);
  });
  // It is here.
  http.addHook('preValidation', (request, _reply, done) => {
    held.get(request)?.();
    done();
  });
}

/** A body without a stated length counts as the largest one that is accepted. */
function announcedBytes({ headers }: FastifyRequest): number {
  if (headers['transfer-encoding'] !== undefined) return Infinity;
  return Number(headers['content-length'] ?? 0);
}

function noRoom(): ProblemException {
  const detail = 'Too many bodies are on their way here already. Nothing of this one was read.';
  return new ProblemException('overloaded', detail, { headers: { 'retry-after': '1' } });
}
