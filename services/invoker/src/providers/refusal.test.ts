import { expect, test } from "vitest";
import { retryAfterOf } from "./refusal.ts";

const NOW_MS = Date.UTC(2026, 0, 15, 12, 0, 0);

function waitFor(headers: Record<string, string>): number | undefined {
  return retryAfterOf({ status: 429, headers, body: Buffer.alloc(0) }, NOW_MS);
}

test.each([
  ["20", 20_000],
  [" 1.5 ", 1_500],
  ["0", 0],
  ["3601", 3_600_000],
  ["Thu, 15 Jan 2026 12:00:30 GMT", 30_000],
  ["Thu, 15 Jan 2026 11:59:30 GMT", 0],
  ["Fri, 16 Jan 2026 12:00:00 GMT", 3_600_000],
  ["", undefined],
  ["soon", undefined],
  ["Infinity", undefined],
])("Retry-After %j means %s ms", (value, expected) => {
  expect(waitFor({ "retry-after": value })).toBe(expected);
});

test("retry-after-ms is finer, so it wins; one that is no number loses", () => {
  expect(waitFor({ "retry-after": "2", "retry-after-ms": "1250.2" })).toBe(1_251);
  expect(waitFor({ "retry-after": "2", "retry-after-ms": "later" })).toBe(2_000);
  expect(waitFor({ "retry-after-ms": "-5" })).toBe(0);
});

test("a provider that states no wait is given none", () => {
  expect(waitFor({})).toBeUndefined();
});
