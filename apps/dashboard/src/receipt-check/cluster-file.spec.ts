import { developmentCluster, formatClusterFile } from '@ccro/cluster-config';
import { describe, expect, it } from 'vitest';
import { readClusterFile } from './cluster-file.js';

const config = developmentCluster({ nodes: 4, mode: 'ccro' });
const text = formatClusterFile(config);

describe('the cluster file of a receipt', () => {
  it('is read as it is written, also after a byte order mark', () => {
    expect(readClusterFile(Buffer.from(text))).toEqual(config);
    expect(readClusterFile(Buffer.from(`\ufeff${text}`))).toEqual(config);
  });

  it('I33, sibling: is refused when a field is given twice, or when it is not UTF-8', () => {
    const twice = text.replace('"id": 0,', '"id": 1, "id": 0,');
    expect(() => readClusterFile(Buffer.from(twice))).toThrow(
      'members.0.id: the key is given twice',
    );
    const foreign = Buffer.from(text.replace('local', 'loc\xe9l'), 'latin1');
    expect(() => readClusterFile(foreign)).toThrow('it is not UTF-8');
  });
});
