import { describe, expect, it } from 'vitest';
import { SettingsOfOthers } from './settings-of-others.js';

describe('the settings of other replicas', () => {
  it('are listed by replica, where they differ', () => {
    const others = new SettingsOfOthers();
    for (const replica of [3, 1, 2]) others.heard(replica, 0, ['n']);
    others.heard(0, 0, []);
    expect(others.differing.map(({ replica }) => replica)).toEqual([1, 2, 3]);
    expect(others.differingCount).toBe(3);
  });

  it('of a replica that agreed once count no more when it differs now', () => {
    const others = new SettingsOfOthers();
    for (const replica of [1, 2]) others.noteAgreeing(replica);
    others.heard(1, 0, ['n']);
    expect(others.agreeingCount).toBe(1);
  });

  it('are known by the answer to the latest status, whatever comes after it', () => {
    const others = new SettingsOfOthers();
    expect(others.heard(1, 4, ['n'])).toBe(true);
    expect(others.heard(1, 4, [])).toBe(false);
    expect(others.heard(1, 3, [])).toBe(false);
    expect(others.differingCount).toBe(1);
    expect(others.heard(1, 5, [])).toBe(true);
    expect(others.differingCount).toBe(0);
  });

  it('are asked for and spoken of again after a pause, not before', () => {
    const others = new SettingsOfOthers();
    const asked = [0, 199, 200].map((nowMs) => others.mayAsk(1, ['n'], nowMs));
    const told = [0, 59_999, 60_000].map((nowMs) => others.mayTell(1, nowMs));
    expect({ asked, told }).toEqual({ asked: [true, false, true], told: [true, false, true] });
  });
});
