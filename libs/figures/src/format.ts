/** Numbers as people read them. */

/** Seconds since the run began. */
export function atSeconds(ms: number | undefined): string {
  return ms === undefined ? '-' : `${(ms / 1000).toFixed(1)} s`;
}

/** A duration: milliseconds below ten seconds. */
export function duration(ms: number | undefined): string {
  if (ms === undefined || Number.isNaN(ms)) return '-';
  if (ms === Infinity) return 'never';
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

export type CsvField = string | number | null | undefined;

/** A line of fields each; what is missing or null is left empty. */
export function csv(lines: readonly (readonly CsvField[])[]): string {
  return lines.map((fields) => `${fields.map(quoted).join(',')}\n`).join('');
}

function quoted(field: CsvField): string {
  const text = String(field ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Bytes in the unit that suits them. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = Math.min(Math.floor(Math.log10(Math.max(count, 1)) / 3), units.length - 1);
  return `${(count / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
