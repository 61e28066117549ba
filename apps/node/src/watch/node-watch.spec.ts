import type { Clock } from '@ccro/clock';
import type { Waiting } from '@ccro/consensus';
import { describe, expect, it } from 'vitest';
import { waitingText } from '../replica/replica-text.js';
import { LastHeard, NodeWatch } from './node-watch.js';

const VOTES: Waiting = {
  kind: 'votes',
  view: 3,
  sequence: 17,
  phase: 'commit',
  votes: 1,
  required: 3,
};
const DECISIONS: Waiting = { kind: 'decisions', lastExecuted: 5, ahead: 90 };
const VIEW: Waiting = { kind: 'view', view: 2, primary: 2, asking: 1, required: 3 };

/** A node whose situation the test sets, with its clock and log. */
class Scene {
  waiting: Waiting | undefined;
  executed = 0;
  connected = true;
  trouble: string | undefined;
  offline = false;
  readonly log: string[] = [];
  private nowMs = 0;
  private readonly timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();
  readonly heard = new LastHeard(4, 0, () => this.nowMs);
  readonly watch: NodeWatch;

  constructor() {
    const clock: Clock = {
      now: () => this.nowMs,
      schedule: (afterMs, callback) => {
        const timer = { atMs: this.nowMs + afterMs, callback };
        this.timers.add(timer);
        return () => this.timers.delete(timer);
      },
    };
    this.watch = new NodeWatch({
      node: {
        waiting: () => this.waiting,
        lastExecuted: () => this.executed,
        brokerConnected: () => this.connected,
        brokerTrouble: () => this.trouble,
        isOffline: () => this.offline,
      },
      heard: this.heard,
      clock,
      silentAfterMs: 2500,
      warn: (text) => this.log.push(text),
    });
    this.watch.start();
  }

  /** Lets seconds pass, in each of which `each` happens. */
  pass(seconds: number, each: () => void = () => undefined): this {
    for (let second = 0; second < seconds; second += 1) {
      this.nowMs += 1000;
      each();
      for (const timer of [...this.timers]) {
        if (timer.atMs > this.nowMs) continue;
        this.timers.delete(timer);
        timer.callback();
      }
    }
    return this;
  }

  /** What was logged since this was asked last. */
  told(): string[] {
    return this.log.splice(0);
  }
}

describe('the log of a node that waits', () => {
  it('H8, sibling: warns what for, after a while, again ever more rarely, and when it is over', () => {
    const scene = new Scene();
    scene.waiting = VOTES;
    scene.pass(3, () => scene.heard.heard(1));
    expect(scene.told()).toEqual([]);
    scene.pass(1, () => scene.heard.heard(1));
    expect(scene.told()).toEqual([
      'waits for 2 more commit votes in view 3, slot 17, for 3 s now; ' +
        'heard nothing from 2, 3 for 4 s',
    ]);
    scene.pass(600);
    const lines = scene.told();
    expect(lines.length).toBeGreaterThan(8);
    expect(lines.length).toBeLessThan(15);
    expect(lines.at(-1)).toMatch(/heard nothing from 1, 2, 3 for \d+ s$/);
    scene.waiting = undefined;
    scene.pass(2);
    expect(scene.told()).toEqual(['goes on after 604 s']);
  });

  it('is silent while something executes, and about what is over soon', () => {
    const scene = new Scene();
    scene.waiting = VOTES;
    scene.pass(60, () => (scene.executed += 1));
    scene.waiting = undefined;
    scene.pass(1);
    scene.waiting = VIEW;
    scene.pass(2);
    scene.waiting = undefined;
    expect(scene.pass(10).told()).toEqual([]);
  });

  it('tells of catching up although something executes', () => {
    const scene = new Scene();
    scene.waiting = DECISIONS;
    scene.pass(4, () => {
      scene.executed += 1;
      for (const node of [1, 2, 3]) scene.heard.heard(node);
    });
    expect(scene.told()).toEqual(['catching up: executed 5, the others 90 or more, for 3 s now']);
  });

  it('names the broker when that is what is missing', () => {
    const scene = new Scene();
    scene.waiting = VOTES;
    scene.connected = false;
    expect(scene.pass(4).told()).toEqual(['waits for the broker, for 3 s now']);
  });

  it('ends with the node', () => {
    const scene = new Scene();
    scene.waiting = VOTES;
    scene.watch.stop();
    expect(scene.pass(10).told()).toEqual([]);
  });
});

describe('readiness', () => {
  it('needs the broker, and a node that does not play dead', () => {
    const scene = new Scene();
    expect(scene.watch.notReady()).toBeUndefined();
    scene.connected = false;
    expect(scene.watch.notReady()).toBe('the broker cannot be reached');
    scene.offline = true;
    expect(scene.watch.notReady()).toContain('plays dead');
  });

  it('is there while votes are awaited: that is what nodes do', () => {
    const scene = new Scene();
    scene.waiting = VOTES;
    expect(scene.pass(60).watch.notReady()).toBeUndefined();
  });

  it('is lost by lagging for longer than a moment, and by fetching the state at once', () => {
    const scene = new Scene();
    scene.waiting = DECISIONS;
    expect(scene.pass(2).watch.notReady()).toBeUndefined();
    expect(scene.pass(1).watch.notReady()).toMatch(/^catching up: executed 5/);
    scene.waiting = { kind: 'state', sequence: 128, received: 3, chunks: 9 };
    expect(scene.watch.notReady()).toBe(
      'catching up: fetching the state at 128, 3 of 9 chunks are here',
    );
    scene.waiting = undefined;
    expect(scene.watch.notReady()).toBeUndefined();
  });

  it('is lost by a view that does not begin', () => {
    const scene = new Scene();
    scene.waiting = VIEW;
    expect(scene.pass(5).watch.notReady()).toBeUndefined();
    expect(scene.pass(1).watch.notReady()).toBe(
      'waits for view 2: 1 of 3 ask for it, 2 more nodes must ask for it',
    );
  });
});

describe('waitingText', () => {
  it.each<[Waiting, string]>([
    [{ ...VOTES, votes: 2 }, 'waits for 1 more commit vote in view 3, slot 17'],
    [{ ...VOTES, votes: 3 }, 'waits for the votes of all in view 3, slot 17'],
    [{ ...VIEW, asking: 3 }, 'waits for view 2: 3 of 3 ask for it, node 2 must begin it'],
    [
      { kind: 'certificate', view: 0, sequence: 4, phase: 'prepare', collector: 2 },
      'waits for the prepare certificate of node 2 in view 0, slot 4',
    ],
    [
      { kind: 'proposal', view: 0, primary: 0, requests: 1 },
      'waits for node 0 to propose 1 request in view 0',
    ],
    [
      { kind: 'reports', heard: 1, required: 3 },
      'waits for 2 more nodes to say where they are, to be primary',
    ],
    [
      { kind: 'state', sequence: 8, received: 0, chunks: undefined },
      'catching up: fetching the state at 8, the list of its chunks',
    ],
  ])('says it with numbers', (waiting, text) => {
    expect(waitingText(waiting)).toBe(text);
  });
});
