import { describe, expect, it } from 'vitest';
import { CongestionWindow } from './congestion-window.js';

function send(window: CongestionWindow, count: number): void {
  for (let sent = 0; sent < count; sent += 1) window.sent();
}

function decide(window: CongestionWindow, count: number): void {
  for (let decided = 0; decided < count; decided += 1) window.decided();
}

describe('the congestion window', () => {
  it('doubles each time that all of it is decided', () => {
    const window = new CongestionWindow();
    for (const size of [256, 512, 1024]) {
      expect(window.room).toBe(size);
      send(window, size);
      expect(window.room).toBe(0);
      decide(window, size);
    }
  });

  it('is halved by congestion, and never below where it began', () => {
    const window = new CongestionWindow();
    send(window, 256);
    decide(window, 256);
    window.congested();
    expect(window.room).toBe(256);
    send(window, 200);
    window.congested();
    window.congested();
    expect(window.room).toBe(56);
  });

  it('does not grow by what is given up', () => {
    const window = new CongestionWindow();
    send(window, 10);
    for (let given = 0; given < 10; given += 1) window.abandoned();
    expect(window.room).toBe(256);
  });

  it('has no room, and no less than none, while more is under way than it allows', () => {
    const window = new CongestionWindow();
    decide(window, 256);
    send(window, 768);
    window.congested();
    expect(window.room).toBe(0);
  });
});
