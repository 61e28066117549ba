import type { ReplicaId } from '../messages/ids.js';

/**
 * Settings that must be equal for all replicas and clients of a cluster, in a form that can be compared
 * without revealing them: one entry a setting, `<name>:<first 8 bytes of its digest, in hex>`, ascending
 * by name. `libs/cluster-config` makes it of a cluster file.
 */
export type Settings = readonly string[];

/** A replica that was told something else than this one. */
export interface DifferingReplica {
  readonly replica: ReplicaId;
  /** Names of the settings that differ, ascending. */
  readonly settings: readonly string[];
}

/** Stands for settings that only the other side has: their names are not shown. */
const UNKNOWN = 'unknown';

/** The names of the settings that are not alike on both sides, ascending, `unknown` among them. */
export function differingSettings(own: Settings, others: Settings): readonly string[] {
  const known = new Set(own.map(nameOf));
  const differing = own.filter((each) => !others.includes(each)).map(nameOf);
  if (others.some((each) => !known.has(nameOf(each)))) differing.push(UNKNOWN);
  return differing.sort();
}

function nameOf(entry: string): string {
  return entry.split(':', 1)[0] ?? '';
}
