import { clusterSize } from '@ccro/consensus';
import { describe, expect, it } from 'vitest';
import { settingsThatDiffer } from './differing-settings.js';

const OWN = ['clientWindow:1111111111111111', 'mode:2222222222222222'];
const OTHER = ['clientWindow:9999999999999999', 'mode:2222222222222222'];
const same = { settings: OWN };
const other = { settings: OTHER };

describe('whether a client has the nodes’ cluster file', () => {
  it.each<[string, number, unknown[], string[]]>([
    ['all say the same', 4, [same, same, same, same], []],
    ['f say something else', 4, [same, same, other], []],
    ['f + 1 do', 4, [same, other, other], ['clientWindow']],
    ['f + 1 do, but a quorum has the same', 6, [same, same, same, same, other, other], []],
    ['each names another one', 4, [other, { settings: [OWN[0], 'mode:0000000000000000'] }], []],
    ['nobody says anything', 4, [undefined, {}, { settings: 'x' }, { settings: [1] }], []],
    ['what they say has no such shape', 4, [{ settings: ['\u001b:0'] }, { settings: ['x'] }], []],
  ])('D7: %s', (_name, n, answers, expected) => {
    expect(settingsThatDiffer(OWN, answers, clusterSize(n))).toEqual(expected);
  });
});
