/** More than two slips is another word. */
const MOST_SLIPS = 2;

/**
 * The name that was most likely meant: at most two letters inserted, left out, changed or swapped, and
 * fewer than half of them; null when nothing is that near. Upper and lower case count as the same.
 */
export function nearestName(name: string, names: Iterable<string>): string | null {
  let nearest: string | null = null;
  let fewest = Math.min(MOST_SLIPS, Math.ceil(name.length / 2) - 1) + 1;
  for (const candidate of names) {
    const slips = slipsBetween(name.toLowerCase(), candidate.toLowerCase(), fewest);
    if (slips < fewest) {
      nearest = candidate;
      fewest = slips;
    }
  }
  return nearest;
}

/** Optimal string alignment distance; `bound` once it is sure to be at least that. */
function slipsBetween(left: string, right: string, bound: number): number {
  if (Math.abs(left.length - right.length) >= bound) return bound;
  let before: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const isSame = left[row - 1] === right[column - 1];
      const isSwap = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      current[column] = Math.min(
        (previous[column] ?? bound) + 1,
        (current[column - 1] ?? bound) + 1,
        (previous[column - 1] ?? bound) + (isSame ? 0 : 1),
        isSwap ? (before[column - 2] ?? bound) + 1 : bound,
      );
    }
    if (Math.min(...current) >= bound) return bound;
    before = previous;
    previous = current;
  }
  return previous[right.length] ?? bound;
}

/** ` (did you mean x?)`, or nothing. */
export function didYouMean(name: string, names: Iterable<string>): string {
  const nearest = nearestName(name, names);
  return nearest === null ? "" : ` (did you mean ${nearest}?)`;
}
