import { expect, test } from "vitest";
import { alternate, median, quantile } from "./rounds.ts";

test("two sides take turns at going first", async () => {
  const order: string[] = [];
  const side = (name: string) => async (round: number) => {
    order.push(name);
    return `${name}${round}`;
  };
  const pairs = await alternate(3, side("a"), side("b"));
  expect(order.join("")).toBe("abbaab");
  expect(pairs).toEqual([
    { a: "a0", b: "b0" },
    { a: "a1", b: "b1" },
    { a: "a2", b: "b2" },
  ]);
});

test("medians and quantiles do not depend on the order of the values", () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(quantile([10, 0], 0.99)).toBeCloseTo(9.9);
});
