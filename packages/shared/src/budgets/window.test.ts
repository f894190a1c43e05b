import fc from "fast-check";
import { expect, test } from "vitest";
import { WINDOW_LENGTHS, type WindowLength } from "../contracts/index.ts";
import type { BudgetWindow } from "./budget.ts";
import { oldestSlice, sliceLeavesAtMs, sliceOf, windowOf } from "./window.ts";

const HOUR_MS = 3_600_000;

function calendar(length: WindowLength, timeZone: string): BudgetWindow {
  return { length, kind: "calendar", timeZone };
}

/** Start and end of the calendar window at an instant, in UTC. */
function spanAt(length: WindowLength, timeZone: string, at: string): [string, string] {
  const { startsAtMs, endsAtMs } = windowOf(calendar(length, timeZone), Date.parse(at));
  return [startsAtMs, endsAtMs ?? 0].map((ms) => new Date(ms).toISOString().replace(".000Z", "Z")) as [
    string,
    string,
  ];
}

test("case 47: a day is reset at midnight of its place, also on days of 23 and of 25 hours", () => {
  expect(spanAt("day", "Europe/Berlin", "2026-03-29T12:00:00Z")).toEqual([
    "2026-03-28T23:00:00Z",
    "2026-03-29T22:00:00Z",
  ]);
  expect(spanAt("day", "Europe/Berlin", "2026-10-25T12:00:00Z")).toEqual([
    "2026-10-24T22:00:00Z",
    "2026-10-25T23:00:00Z",
  ]);
  expect(spanAt("day", "America/New_York", "2026-03-08T12:00:00Z")).toEqual([
    "2026-03-08T05:00:00Z",
    "2026-03-09T04:00:00Z",
  ]);
});

test("case 47: weeks begin on Monday and months on the 1st", () => {
  expect(spanAt("week", "UTC", "2026-11-29T23:59:59.999Z")).toEqual([
    "2026-11-23T00:00:00Z",
    "2026-11-30T00:00:00Z",
  ]);
  expect(spanAt("week", "UTC", "2026-11-30T00:00:00Z")).toEqual([
    "2026-11-30T00:00:00Z",
    "2026-12-07T00:00:00Z",
  ]);
  expect(spanAt("week", "Europe/Berlin", "2026-03-29T21:59:59Z")).toEqual([
    "2026-03-22T23:00:00Z",
    "2026-03-29T22:00:00Z",
  ]);
  expect(spanAt("month", "Asia/Kolkata", "2028-02-29T18:29:59Z")).toEqual([
    "2028-01-31T18:30:00Z",
    "2028-02-29T18:30:00Z",
  ]);
  expect(spanAt("month", "UTC", "2026-12-31T23:00:00Z")).toEqual([
    "2026-12-01T00:00:00Z",
    "2027-01-01T00:00:00Z",
  ]);
});

test("a day whose midnight clocks skip begins when they are put forward", () => {
  // At 24:00 clocks show 1:00.
  expect(spanAt("day", "America/Santiago", "2025-09-07T12:00:00Z")).toEqual([
    "2025-09-07T04:00:00Z",
    "2025-09-08T03:00:00Z",
  ]);
  expect(spanAt("day", "Africa/Cairo", "2025-04-25T12:00:00Z")).toEqual([
    "2025-04-24T22:00:00Z",
    "2025-04-25T21:00:00Z",
  ]);
  expect(spanAt("day", "Asia/Beirut", "2025-03-30T12:00:00Z")).toEqual([
    "2025-03-29T22:00:00Z",
    "2025-03-30T21:00:00Z",
  ]);
});

test("a day that begins twice begins the first time, and one that never was takes no time", () => {
  // At 0:00 on the 26th clocks showed 23:00 of the 25th once more; at 0:01 on the 29th, 23:01 of the 28th.
  expect(spanAt("day", "Asia/Beirut", "2025-10-25T21:30:00Z")).toEqual([
    "2025-10-24T21:00:00Z",
    "2025-10-25T22:00:00Z",
  ]);
  expect(spanAt("day", "America/St_Johns", "2006-10-29T02:45:00Z")[0]).toBe("2006-10-29T02:30:00Z");
  expect(spanAt("day", "Pacific/Apia", "2011-12-30T09:00:00Z")).toEqual([
    "2011-12-29T10:00:00Z",
    "2011-12-30T10:00:00Z",
  ]);
  expect(spanAt("day", "Pacific/Apia", "2011-12-30T10:00:00Z")[0]).toBe("2011-12-30T10:00:00Z");
});

test("hours are those of the place's clocks, and are cut where these are set", () => {
  expect(spanAt("hour", "Asia/Kolkata", "2026-05-01T10:40:00Z")).toEqual([
    "2026-05-01T10:30:00Z",
    "2026-05-01T11:30:00Z",
  ]);
  // Clocks are put back by half an hour: from 2:00 to 1:30.
  expect(spanAt("hour", "Australia/Lord_Howe", "2026-04-04T14:50:00Z")).toEqual([
    "2026-04-04T14:00:00Z",
    "2026-04-04T15:00:00Z",
  ]);
  expect(spanAt("hour", "Australia/Lord_Howe", "2026-04-04T15:10:00Z")).toEqual([
    "2026-04-04T15:00:00Z",
    "2026-04-04T15:30:00Z",
  ]);
});

const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/Santiago",
  "Africa/Cairo",
  "Asia/Beirut",
].concat([
  ...[
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Pacific/Apia",
    "America/St_Johns",
    "America/Havana",
    "Asia/Tehran",
  ],
]);

test("each calendar window begins where the one before it ends", () => {
  const instants = fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2037, 0) });
  fc.assert(
    fc.property(
      fc.constantFrom(...WINDOW_LENGTHS),
      fc.constantFrom(...ZONES),
      instants,
      (length, zone, at) => {
        const window = calendar(length, zone);
        const { startsAtMs, endsAtMs } = windowOf(window, at);
        const end = endsAtMs ?? 0;
        expect(startsAtMs).toBeLessThanOrEqual(at);
        expect(end).toBeGreaterThan(at);
        for (const inside of [startsAtMs, end - 1])
          expect(windowOf(window, inside)).toEqual({ startsAtMs, endsAtMs });
        expect(windowOf(window, end).startsAtMs).toBe(end);
      },
    ),
    { numRuns: 400 },
  );
});

test("what is spent counts for all of a rolling window, and for at most a slice more", () => {
  const sliceMs = { hour: 60_000, day: HOUR_MS, week: HOUR_MS, month: HOUR_MS };
  const lengthMs = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 168 * HOUR_MS, month: 720 * HOUR_MS };
  fc.assert(
    fc.property(
      fc.constantFrom(...WINDOW_LENGTHS),
      fc.integer({ min: 0, max: 2 ** 42 }),
      (length, spentAt) => {
        const window: BudgetWindow = { length, kind: "rolling" };
        const slice = sliceOf(window, spentAt);
        const leavesAt = sliceLeavesAtMs(window, slice);
        expect(leavesAt).toBeGreaterThan(spentAt + lengthMs[length]);
        expect(leavesAt).toBeLessThanOrEqual(spentAt + lengthMs[length] + sliceMs[length]);
        expect(oldestSlice(window, leavesAt - 1)).toBeLessThanOrEqual(slice);
        expect(oldestSlice(window, leavesAt)).toBeGreaterThan(slice);
      },
    ),
  );
});

test("a rolling window ends now and is never reset", () => {
  expect(windowOf({ length: "day", kind: "rolling" }, 100 * HOUR_MS)).toEqual({
    startsAtMs: 76 * HOUR_MS,
    endsAtMs: null,
  });
});
