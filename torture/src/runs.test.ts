import { expect, it } from "vitest";
import { planRuns, shortRuns } from "./runs.ts";
import { SCENARIOS } from "./scenarios.ts";

it("every scenario is run with every seed of a range", () => {
  const runs = planRuns({ scenario: "all", seed: "2..4", minutes: 1 });
  expect(runs).toHaveLength(3 * Object.keys(SCENARIOS).length);
  expect(runs.slice(0, 3).map(({ seed }) => seed)).toEqual(["2", "3", "4"]);
});

it("the short set has a minute of mixed for three seeds and every other scenario once", () => {
  const runs = shortRuns();
  const mixed = runs.filter(({ scenario }) => scenario === "mixed");
  expect(mixed.map(({ seed, minutes }) => [seed, minutes])).toEqual([
    ["1", 1],
    ["2", 1],
    ["3", 1],
  ]);
  expect(runs.map(({ scenario }) => scenario)).toEqual(expect.arrayContaining(Object.keys(SCENARIOS)));
  expect(runs).toHaveLength(Object.keys(SCENARIOS).length + 2);
});

it.each([
  [{ scenario: "storm", seed: "1", minutes: 1 }, "no such scenario"],
  [{ scenario: "mixed", seed: "a/b", minutes: 1 }, "--seed takes"],
  [{ scenario: "mixed", seed: "3..1", minutes: 1 }, "a range of"],
  [{ scenario: "mixed", seed: "1", minutes: 0 }, "--minutes takes"],
])("%o is refused", (asked, why) => {
  expect(() => planRuns(asked)).toThrow(why);
});
