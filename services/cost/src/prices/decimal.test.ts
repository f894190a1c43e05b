import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareDecimals, shifted } from "./decimal.ts";

describe("a number of a JSON text", () => {
  test.each([
    ["1.5e-7", "0.15"],
    ["1.5E-07", "0.15"],
    ["0.00000015", "0.15"],
    ["1e-05", "10"],
    ["3.625e-09", "0.003625"],
    ["0", "0"],
    ["0.0", "0"],
    ["0e5", "0"],
    ["2e+0", "2000000"],
    ["1.0000000000000001e-06", "1.0000000000000001"],
    ["0.1e-12", "0.0000001"],
  ])("%s for one is %s for a million", (number, million) => {
    expect(shifted(number, 6)).toBe(million);
  });

  test.each(["-1e-6", "-0", "1e400", "1e-4000", "1".repeat(80), "NaN", "", "1.", ".5", "0x1", "1e1e1"])(
    "%j is no price",
    (number) => {
      expect(shifted(number, 6)).toBeNull();
    },
  );

  test("is moved by powers of ten exactly, which no float could say of it", () => {
    const digits = fc.bigInt(0n, 10n ** 15n);
    fc.assert(
      fc.property(digits, fc.integer({ min: -15, max: 5 }), fc.integer({ min: 0, max: 9 }), (n, e, power) => {
        const text = shifted(`${n}e${e}`, power);
        const [whole = "", fraction = ""] = (text ?? "").split(".");
        // Both sides as whole numbers of 10^-15.
        const moved = BigInt(whole + fraction.padEnd(15, "0"));
        expect(moved).toBe(n * 10n ** BigInt(e + power + 15));
      }),
    );
  });
});

test("decimals are compared by their value", () => {
  expect(["10", "9.5", "9.50", "0.1", "0.09"].sort(compareDecimals)).toEqual([
    "0.09",
    "0.1",
    "9.5",
    "9.50",
    "10",
  ]);
  expect(compareDecimals("9.5", "9.500")).toBe(0);
});
