import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatUsd, PICO_PER_USD, parsePricePerMillion, parseUsd } from "./money.ts";

const pico = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });

describe("money", () => {
  test("any amount survives being written and read", () => {
    fc.assert(fc.property(pico, (amount) => parseUsd(formatUsd(amount)) === amount));
  });

  test("any decimal text survives being read and written, in its shortest form", () => {
    const digits = fc.string({ unit: fc.constantFrom(..."0123456789"), maxLength: 12 });
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 20n }), digits, (whole, fraction) => {
        const shortest = `${whole}.${fraction}`.replace(/\.?0*$/, "");
        const written = formatUsd(parseUsd(fraction === "" ? `${whole}` : `${whole}.${fraction}`));
        expect(written).toBe(fraction === "" ? `${whole}` : shortest);
      }),
    );
  });

  test("the written form is a plain decimal that never ends in a zero behind the point", () => {
    fc.assert(fc.property(pico, (amount) => /^-?(0|[1-9]\d*)(\.\d{0,11}[1-9])?$/.test(formatUsd(amount))));
  });

  test.each([
    [0n, "0"],
    [1n, "0.000000000001"],
    [-1n, "-0.000000000001"],
    [1_615_000_000n, "0.001615"],
    [PICO_PER_USD, "1"],
    [123_456_789n * PICO_PER_USD + 500_000_000_000n, "123456789.5"],
  ])("%s pico-dollars are %s USD", (amount, text) => {
    expect(formatUsd(amount)).toBe(text);
    expect(parseUsd(text)).toBe(amount);
  });

  test.each([
    ["0.15", 150_000n],
    ["0.0028", 2_800n],
    ["0.003625", 3_625n],
    ["75.00", 75_000_000n],
    ["0.000001", 1n],
  ])("a price of %s USD per million tokens is %s pico-dollars per token", (text, perToken) => {
    expect(parsePricePerMillion(text)).toBe(perToken);
  });

  test("a million tokens at any price cost exactly the price", () => {
    const micro = fc.bigInt({ min: 0n, max: 10n ** 12n });
    fc.assert(
      fc.property(micro, (perToken) => {
        const price = formatUsd(perToken * 1_000_000n);
        return parsePricePerMillion(price) * 1_000_000n === parseUsd(price);
      }),
    );
  });

  test.each([
    "",
    " 1",
    "1 ",
    "+1",
    "1.",
    ".5",
    "1e-6",
    "0x10",
    "1_000",
    "1,5",
    "NaN",
    "Infinity",
    "--1",
    "1.2.3",
  ])("%j is refused, not guessed at", (text) => {
    expect(() => parseUsd(text)).toThrow(RangeError);
    expect(() => parsePricePerMillion(text)).toThrow(RangeError);
  });

  test("what is finer than a pico-dollar is refused, not rounded", () => {
    expect(() => parseUsd("0.0000000000001")).toThrow(/12 decimals/);
    expect(() => parsePricePerMillion("0.0000001")).toThrow(/6 decimals/);
    expect(parseUsd("1.0000000000000000")).toBe(PICO_PER_USD);
  });
});
