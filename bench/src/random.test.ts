import { expect, test } from "vitest";
import { permutation, uniforms } from "./random.ts";

test("the same seed draws the same numbers, another seed others", () => {
  const drawn = (seed: number) => Array.from({ length: 5 }, uniforms(seed));
  expect(drawn(7)).toEqual(drawn(7));
  expect(drawn(7)).not.toEqual(drawn(8));
});

test("a permutation holds every index once, and each place is as likely as any other", () => {
  const next = uniforms(1);
  const firsts = [0, 0, 0, 0];
  for (let turn = 0; turn < 8_000; turn += 1) {
    const order = permutation(4, next);
    expect([...order].sort()).toEqual([0, 1, 2, 3]);
    const first = order[0] ?? 0;
    firsts[first] = (firsts[first] ?? 0) + 1;
  }
  // 2,000 each, and a deviation of 39.
  for (const count of firsts) expect(Math.abs(count - 2_000)).toBeLessThan(200);
});
