import { EventEmitter } from 'node:events';
import type { FastifyReply } from 'fastify';
import { describe, expect, it } from 'vitest';
import { whenOver } from './call-end.js';

class FakeSocket extends EventEmitter {
  destroyed = false;

  end(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

function callOn(socket: FakeSocket): { reply: FastifyReply; answer: EventEmitter } {
  const answer = new EventEmitter();
  const reply = { raw: answer, request: { raw: { socket } } };
  return { reply: reply as unknown as FastifyReply, answer };
}

describe('the end of a call', () => {
  it('I13: comes once, with its answer or with its connection', () => {
    const socket = new FakeSocket();
    const ended: string[] = [];
    const calls = ['a', 'b', 'c'].map((name) => {
      const { reply, answer } = callOn(socket);
      whenOver(reply, () => ended.push(name));
      return answer;
    });
    calls[1]?.emit('close');
    expect(ended).toEqual(['b']);
    socket.end();
    calls[0]?.emit('close');
    expect(ended).toEqual(['b', 'a', 'c']);
  });

  it('I13: comes at once where the connection is gone already', () => {
    const socket = new FakeSocket();
    socket.end();
    let ended = 0;
    whenOver(callOn(socket).reply, () => (ended += 1));
    expect(ended).toBe(1);
  });

  it('I13, sibling: a connection that is used again and again gathers no listeners', () => {
    const socket = new FakeSocket();
    for (let call = 0; call < 1000; call += 1) {
      const { reply, answer } = callOn(socket);
      whenOver(reply, () => undefined);
      answer.emit('close');
    }
    expect(socket.listenerCount('close')).toBe(1);
  });
});
