/**
 * Finds the members of a group that keep it from holding, by halving: one bad item among k costs
 * about 2·log₂ k checks, and a group without one costs a single check.
 *
 * @param holds whether all of a part hold; it must be so that a part holds exactly when each item
 *   of it holds alone
 * @returns for each item whether it holds
 */
export function findHolding<T>(
  items: readonly T[],
  holds: (part: readonly T[]) => boolean,
): boolean[] {
  if (items.length === 0) return [];
  return holds(items) ? items.map(() => true) : halve(items, holds);
}

/** @param items that do not hold together */
function halve<T>(items: readonly T[], holds: (part: readonly T[]) => boolean): boolean[] {
  if (items.length === 1) return [false];
  const middle = Math.ceil(items.length / 2);
  const [left, right] = [items.slice(0, middle), items.slice(middle)];
  // If the left half holds, it is the right one that does not: no need to check.
  if (holds(left)) return [...left.map(() => true), ...halve(right, holds)];
  return [...halve(left, holds), ...findHolding(right, holds)];
}
