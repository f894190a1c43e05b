import { expect, test } from "vitest";
import { readPrefer } from "./prefer.ts";

test.each<[header: string | undefined, waitMs: number, applied: string | null]>([
  [undefined, 0, null],
  ["", 0, null],
  ["wait=5", 5_000, "wait=5"],
  ["wait=0", 0, "wait=0"],
  ["wait=60", 60_000, "wait=60"],
  ["wait=61", 60_000, "wait=60"],
  ["wait=999999999", 60_000, "wait=60"],
  ["wait=9999999999", 0, null],
  ['wait="7"', 7_000, "wait=7"],
  ["WAIT = 3", 3_000, "wait=3"],
  ["wait=1, wait=9", 1_000, "wait=1"],
  ["wait=2; foo=bar", 2_000, "wait=2"],
  ["respond-async", 0, "respond-async"],
  ["respond-async, wait=5", 5_000, "respond-async, wait=5"],
  ["wait=5, respond-async", 5_000, "respond-async, wait=5"],
  ["return=minimal, wait=4, handling=lenient", 4_000, "wait=4"],
  ["wait=-1", 0, null],
  ["wait=1.5", 0, null],
  ["wait=1e3", 0, null],
  ["wait", 0, null],
  ["await=5", 0, null],
  [",,;=", 0, null],
])("%j", (header, waitMs, applied) => {
  expect(readPrefer(header)).toEqual({ waitMs, applied });
});
