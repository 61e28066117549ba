/**
 * What all replicas and clients of a cluster must be told alike, in a form that can be compared
 * without showing it: one entry a setting, `<name>:<first 8 bytes of its digest, in hex>`, ascending
 * by name. `libs/cluster-config` makes it of a cluster file.
 */
export type Settings = readonly string[];

/** Stands for settings that only the other side has: whatever it calls them, it is shown nowhere. */
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
