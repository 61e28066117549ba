/**
 * What all replicas and clients of a cluster must be told alike, in a form that can be compared
 * without showing it: one entry a setting, `<name>:<first 8 bytes of its digest, in hex>`, ascending
 * by name. `libs/cluster-config` makes it of a cluster file.
 */
export type Settings = readonly string[];

/** The names of the settings that are not alike on both sides, ascending. */
export function differingSettings(one: Settings, other: Settings): readonly string[] {
  const entries = [...one.filter((each) => !other.includes(each))];
  entries.push(...other.filter((each) => !one.includes(each)));
  return [...new Set(entries.map((entry) => entry.split(':', 1)[0] ?? ''))].sort();
}
