import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ERRORS, type ErrorCode, SwitchyardError } from "../errors/index.ts";
import { backoffMs, isOwnFailure, pauseMs } from "./pause.ts";

const CAP_MS = 60_000;
const HOUR_MS = 3_600_000;
const anyFailures = fc.oneof(fc.nat(), fc.integer({ min: 0, max: 12 }));
const anyCode = fc.constantFrom(...(Object.keys(ERRORS) as ErrorCode[]));
const anyWish = fc.oneof(
  fc.integer({ min: 0, max: HOUR_MS }),
  fc.double({ min: 0, max: HOUR_MS, noNaN: true }),
);

describe("the pause after a failure", () => {
  test("is from nothing to the cap, and never anything else, however often a run failed", () => {
    fc.assert(
      fc.property(anyFailures, anyCode, (failures, code) => {
        for (const ms of [backoffMs(failures), pauseMs(new SwitchyardError(code, "x"), failures)]) {
          expect(Number.isInteger(ms)).toBe(true);
          expect(ms).toBeGreaterThanOrEqual(0);
          expect(ms).toBeLessThanOrEqual(CAP_MS);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test("is never shorter than what was asked for, nor a tenth longer than that or than its own cap", () => {
    fc.assert(
      fc.property(anyFailures, anyCode, anyWish, (failures, code, retryAfterMs) => {
        const ms = pauseMs(new SwitchyardError(code, "x", { retryAfterMs }), failures);
        expect(Number.isFinite(ms)).toBe(true);
        expect(ms).toBeGreaterThanOrEqual(Math.floor(retryAfterMs));
        expect(ms).toBeLessThanOrEqual(Math.max(retryAfterMs, CAP_MS) * 1.1 + 1);
      }),
      { numRuns: 1_000 },
    );
  });

  test("grows with every failure, even for a provider that says at once for ever", () => {
    const atOnce = new SwitchyardError("PROVIDER_THROTTLED", "x", { retryAfterMs: 0 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), (failures) => {
        expect(pauseMs(atOnce, failures)).toBeGreaterThanOrEqual(Math.min(CAP_MS, 500 * 2 ** failures));
      }),
    );
  });

  test("is exactly what was asked for where a run only waits its turn", () => {
    fc.assert(
      fc.property(anyFailures, anyCode, anyWish, (failures, code, retryAfterMs) => {
        const error = new SwitchyardError(code, "x", { retryAfterMs });
        if (!isOwnFailure(error)) expect(pauseMs(error, failures)).toBe(retryAfterMs);
      }),
    );
  });
});
