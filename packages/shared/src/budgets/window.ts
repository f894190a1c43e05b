import type { WindowLength } from "../contracts/index.ts";
import type { BudgetWindow } from "./budget.ts";
import { firstWhere, instantOf, localMs } from "./local-time.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Finer ones of an hour, so that what left it is not counted for another one; totals are by the hour. */
const ROLLING = {
  hour: { lengthMs: HOUR_MS, sliceMs: MINUTE_MS },
  day: { lengthMs: DAY_MS, sliceMs: HOUR_MS },
  week: { lengthMs: 7 * DAY_MS, sliceMs: HOUR_MS },
  month: { lengthMs: 30 * DAY_MS, sliceMs: HOUR_MS },
} as const satisfies Record<WindowLength, { lengthMs: number; sliceMs: number }>;

/** The present window of a budget. */
export interface WindowSpan {
  startsAtMs: number;
  /** When all of it starts anew; null: parts of it leave, one after the other. */
  endsAtMs: number | null;
}

/**
 * The window at an instant. Weeks begin on Monday, months on the 1st, days at midnight of the place: or at the first
 * instant of that day where clocks skip its midnight, so that each window begins where the one before it ends.
 */
export function windowOf(window: BudgetWindow, atMs: number): WindowSpan {
  if (window.kind === "rolling")
    return { startsAtMs: atMs - ROLLING[window.length].lengthMs, endsAtMs: null };
  const { length, timeZone } = window;
  return length === "hour" ? hourOf(timeZone, atMs) : daysOf(length, timeZone, atMs);
}

function daysOf(length: "day" | "week" | "month", timeZone: string, atMs: number): WindowSpan {
  const shown = localMs(timeZone, atMs);
  const next = startAfter(length, shown);
  const end = instantOf(timeZone, next);
  // Clocks that are put back over midnight show the day before once more: the new one has begun all the same.
  if (atMs >= end) return { startsAtMs: end, endsAtMs: instantOf(timeZone, startAfter(length, next)) };
  return { startsAtMs: instantOf(timeZone, startOf(length, shown)), endsAtMs: end };
}

/** The first moment of the day, the week or the month, as clocks show it. */
function startOf(length: "day" | "week" | "month", shownMs: number): number {
  const shown = new Date(shownMs);
  const [year, month, day] = [shown.getUTCFullYear(), shown.getUTCMonth(), shown.getUTCDate()];
  if (length === "month") return Date.UTC(year, month, 1);
  // getUTCDay counts from Sunday.
  const back = length === "week" ? (shown.getUTCDay() + 6) % 7 : 0;
  return Date.UTC(year, month, day - back);
}

function startAfter(length: "day" | "week" | "month", shownMs: number): number {
  const start = startOf(length, shownMs);
  if (length !== "month") return start + (length === "week" ? 7 : 1) * DAY_MS;
  const shown = new Date(start);
  return Date.UTC(shown.getUTCFullYear(), shown.getUTCMonth() + 1, 1);
}

/** An hour as clocks show it, cut where they are set: a part of one is a window, too. */
function hourOf(timeZone: string, atMs: number): WindowSpan {
  const offsetAt = (instantMs: number) => localMs(timeZone, instantMs) - instantMs;
  const offset = offsetAt(atMs);
  const start = Math.floor((atMs + offset) / HOUR_MS) * HOUR_MS - offset;
  const end = start + HOUR_MS;
  return {
    startsAtMs:
      offsetAt(start) === offset ? start : firstWhere(start, atMs, (instant) => offsetAt(instant) === offset),
    endsAtMs:
      offsetAt(end - 1) === offset ? end : firstWhere(atMs, end, (instant) => offsetAt(instant) !== offset),
  };
}

/** The part of a window that what is spent at an instant is counted in: a whole number that rises with time. */
export function sliceOf(window: BudgetWindow, atMs: number): number {
  if (window.kind === "calendar") return windowOf(window, atMs).startsAtMs;
  return Math.floor(atMs / ROLLING[window.length].sliceMs);
}

/** The oldest slice that still counts: one counts until it has left the window entirely. */
export function oldestSlice(window: BudgetWindow, nowMs: number): number {
  return sliceOf(window, window.kind === "calendar" ? nowMs : nowMs - ROLLING[window.length].lengthMs);
}

/** When a slice has left the window entirely. */
export function sliceLeavesAtMs(window: BudgetWindow, slice: number): number {
  if (window.kind === "calendar") return windowOf(window, slice).endsAtMs ?? slice;
  const { sliceMs, lengthMs } = ROLLING[window.length];
  return (slice + 1) * sliceMs + lengthMs;
}
