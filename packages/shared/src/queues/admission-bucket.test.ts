import fc from "fast-check";
import { expect, test } from "vitest";
import { bucket } from "./admission-bucket.ts";

const MINUTE_US = 60_000_000;

/** Units that whoever always asks is given in the first `us`, starting from a full bucket. */
function mostIn(us: number, perMinute: number): number {
  const [usPerUnit, burst] = bucket(perMinute);
  return burst - 1 + Math.ceil(us / usPerUnit - 1e-6);
}

test("no 60 s give more than the limit, and a minute after the first gives 95 % of it or more", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), (perMinute) => {
      const [usPerUnit, burst] = bucket(perMinute);
      expect(mostIn(MINUTE_US, perMinute)).toBeLessThanOrEqual(perMinute);
      expect(MINUTE_US / usPerUnit).toBeGreaterThan(perMinute * 0.95);
      expect(burst).toBeLessThanOrEqual(Math.max(1, perMinute / 20));
    }),
  );
});

test("what is not limited costs nothing", () => {
  expect(bucket(null)).toEqual([0, 0]);
});
