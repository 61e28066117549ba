/** What all layouts start with: `CCRO/1`, a byte for the type, the cluster id preceded by its length. */

import { bytes } from '@ccro/primitives';
import { LayoutWriter, textBytes } from './byte-layout.js';

const DOMAIN_TAG = bytes.fromUtf8('CCRO/1');
/** Clusters whose prefixes are kept at most. */
const MAX_PREFIXES = 64;

/** Starts a layout: domain tag, type, cluster. @param size bytes of the fields that follow */
export function startLayout(type: number, cluster: string, size: number): LayoutWriter {
  const prefix = prefixOf(type, cluster);
  return new LayoutWriter(prefix.length + size).raw(prefix);
}

/** What layouts start with: a few of each cluster, needed all the time. */
const prefixes = new Map<string, Uint8Array[]>();

function prefixOf(type: number, cluster: string): Uint8Array {
  let ofCluster = prefixes.get(cluster);
  if (ofCluster === undefined) {
    // Clusters come from configuration, not from the network; tests make many.
    if (prefixes.size >= MAX_PREFIXES) prefixes.clear();
    ofCluster = [];
    prefixes.set(cluster, ofCluster);
  }
  const known = ofCluster[type];
  if (known !== undefined) return known;
  const size = DOMAIN_TAG.length + 1 + 4 + textBytes(cluster);
  const prefix = new LayoutWriter(size).raw(DOMAIN_TAG).u8(type).text(cluster).finish();
  ofCluster[type] = prefix;
  return prefix;
}
