import { describe, expect, it } from 'vitest';
import { DEFAULT_REPLICA_CONFIG, checkpointDefaults, clusterSize } from './config.js';

describe('settings that follow from n', () => {
  it('checkpoints are taken more often in larger clusters', () => {
    expect(checkpointDefaults(1)).toEqual({ checkpointInterval: 128, windowSlots: 256 });
    expect(checkpointDefaults(4)).toEqual({ checkpointInterval: 128, windowSlots: 256 });
    expect(checkpointDefaults(10)).toEqual({ checkpointInterval: 51, windowSlots: 102 });
    expect(checkpointDefaults(301)).toEqual({ checkpointInterval: 16, windowSlots: 32 });
  });

  it('what is in flight always fits between a checkpoint and the end of the window', () => {
    for (let n = 1; n <= 1024; n += 1) {
      const { checkpointInterval, windowSlots } = checkpointDefaults(n);
      const room = windowSlots - checkpointInterval;
      expect(room).toBeGreaterThanOrEqual(DEFAULT_REPLICA_CONFIG.maxInFlightSlots);
    }
  });

  it('the sizes of a cluster', () => {
    expect(clusterSize(7)).toEqual({ n: 7, f: 2, quorum: 5, weakQuorum: 3 });
  });
});
