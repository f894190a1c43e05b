import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { WindowLength } from "../contracts/index.ts";
import { windowOf } from "./window.ts";

const text = readFileSync(new URL("../../../../docs/money.md", import.meta.url), "utf8");
const INSTANT = String.raw`(\d{4}-\S+Z)`;
const ROW = new RegExp(
  String.raw`^\| .(hour|day|week|month). \| .(\S+). \| ${INSTANT} \| ${INSTANT} \| ${INSTANT} \|$`,
  "gm",
);
const rows = [...text.matchAll(ROW)].map(([, length = "", timeZone = "", at = "", from = "", to = ""]) => ({
  ...{ length: length as WindowLength, timeZone, at, from, to },
}));

test("docs/money.md has windows of every length", () => {
  expect(new Set(rows.map(({ length }) => length)).size).toBe(4);
});

test.each(rows)("docs/money.md: the $length in $timeZone at $at", ({ length, timeZone, at, from, to }) => {
  const { startsAtMs, endsAtMs } = windowOf({ length, kind: "calendar", timeZone }, Date.parse(at));
  expect([startsAtMs, endsAtMs]).toEqual([Date.parse(from), Date.parse(to)]);
});
