import { describe, expect, it } from 'vitest';
import {
  channelNames,
  kindOfChannel,
  leaseKey,
  nodeConnectionName,
  parseChannel,
} from './channels.js';

const names = channelNames('local');

describe('channelNames', () => {
  it('are those of the interface', () => {
    expect(names.broadcast).toBe('ccro:{local}:broadcast');
    expect(names.telemetry(3)).toBe('ccro:{local}:telemetry:3');
    expect(names.node(12)).toBe('ccro:{local}:node:12');
    expect(names.client('gateway')).toBe('ccro:{local}:client:gateway');
    expect(nodeConnectionName(3)).toBe('ccro:node:3');
    expect(leaseKey('local', 3)).toBe('ccro:{local}:lease:node:3');
  });

  it.each(['', 'a b', 'a}b', 'a:b', 'a\n', 'ä', 'a'.repeat(129)])('refuse the name %j', (name) => {
    const invalid = expect.objectContaining({ code: 'invalid-name' }) as unknown;
    expect(() => channelNames(name)).toThrow(invalid as Error);
    expect(() => names.client(name)).toThrow(invalid as Error);
    expect(() => leaseKey(name, 0)).toThrow(invalid as Error);
  });

  it.each([-1, 1.5, Number.NaN, 1e9])('refuse the node id %d', (id) => {
    expect(() => names.node(id)).toThrow('node id');
    expect(() => names.telemetry(id)).toThrow('node id');
    expect(() => nodeConnectionName(id)).toThrow('node id');
  });
});

describe('parseChannel', () => {
  it('reads what channelNames wrote', () => {
    const cluster = 'local';
    expect(parseChannel(names.broadcast)).toEqual({ kind: 'broadcast', cluster });
    expect(parseChannel(names.telemetry(2))).toEqual({ kind: 'telemetry', cluster, node: 2 });
    expect(parseChannel(names.node(0))).toEqual({ kind: 'node', cluster, node: 0 });
    expect(parseChannel(names.client('c_1'))).toEqual({ kind: 'client', cluster, client: 'c_1' });
  });

  it.each([
    'news',
    'ccro:{local}:',
    'ccro:{local}:node:',
    'ccro:{local}:node:01',
    'ccro:{local}:node:1x',
    'ccro:{local}:broadcast:1',
    'ccro:{local}:telemetry',
    'ccro:local:broadcast',
    'ccro:{}:broadcast',
  ])('reads nothing from %s', (channel) => {
    expect(parseChannel(channel)).toBeUndefined();
  });
});

describe('kindOfChannel', () => {
  it('agrees with parseChannel on channels of the system', () => {
    const { broadcast, telemetry, node, client } = names;
    for (const channel of [broadcast, telemetry(0), node(3), client('x')]) {
      expect(kindOfChannel(channel)).toBe(parseChannel(channel)?.kind);
    }
  });

  it.each(['news', 'ccro:broadcast', 'other:{local}:broadcast', 'ccro:{local}:lease:node:1'])(
    'knows nothing of %s',
    (channel) => {
      expect(kindOfChannel(channel)).toBeUndefined();
    },
  );
});
