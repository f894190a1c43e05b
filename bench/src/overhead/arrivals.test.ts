import { expect, test } from "vitest";
import { poissonGapsMs } from "./arrivals.ts";

test("arrivals have the asked rate, and the same seed gives the same ones", () => {
  const gaps = poissonGapsMs(25, 1);
  const drawn = Array.from({ length: 10_000 }, () => gaps());
  const meanMs = drawn.reduce((sum, gap) => sum + gap, 0) / drawn.length;
  expect(meanMs).toBeGreaterThan(39);
  expect(meanMs).toBeLessThan(41);
  const again = poissonGapsMs(25, 1);
  expect(drawn.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => again()));
});
