/** By how much each count is higher in `after` than in `before`, divided by `parts`. */
export function increase<Name extends string>(
  before: Readonly<Record<Name, number>>,
  after: Readonly<Record<Name, number>>,
  parts = 1,
): Record<Name, number> {
  const names = Object.keys(after) as Name[];
  const figures = names.map((name) => [name, (after[name] - before[name]) / parts] as const);
  return Object.fromEntries(figures) as Record<Name, number>;
}
