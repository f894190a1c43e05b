/**
 * Local time of a place, by the platform's own data alone. Two facts are all that is taken from them: what the clocks
 * there show at an instant, and so how far they are from UTC; everything else is arithmetic.
 */

/** More than any offset there is or was, and than any two that follow each other differ by. */
const DAY_MS = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "gregory",
    hourCycle: "h23",
    ...{ year: "numeric", month: "numeric", day: "numeric" },
    ...{ hour: "numeric", minute: "numeric", second: "numeric" },
  });
  formats.set(timeZone, format);
  return format;
}

/** What the clocks show, as the milliseconds since the epoch at which those in UTC show the same. */
export function localMs(timeZone: string, atMs: number): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of formatOf(timeZone).formatToParts(atMs)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((atMs % 1_000) + 1_000) % 1_000);
}

/**
 * The first instant at which the clocks show the given time. Where they are put forward over it, that at which they
 * are; where they show it twice, the first one.
 */
export function instantOf(timeZone: string, shownMs: number): number {
  const offsetAt = (atMs: number) => localMs(timeZone, atMs) - atMs;
  const offsets = [offsetAt(shownMs - DAY_MS), offsetAt(shownMs + DAY_MS)];
  const instants = offsets
    .map((offset) => shownMs - offset)
    .filter((at) => localMs(timeZone, at) === shownMs);
  if (instants.length > 0) return Math.min(...instants);
  return firstWhere(shownMs - DAY_MS, shownMs + DAY_MS, (at) => localMs(timeZone, at) >= shownMs);
}

/** The first of the instants from `low` to `high` at which it holds; it must go on to hold, and do so at `high`. */
export function firstWhere(low: number, high: number, holds: (atMs: number) => boolean): number {
  let [before, from] = [low - 1, high];
  while (from - before > 1) {
    const middle = Math.floor((before + from) / 2);
    if (holds(middle)) from = middle;
    else before = middle;
  }
  return from;
}
