import { expect, test } from "vitest";
import { uniforms } from "../../../bench/src/random.ts";
import { examplesOf } from "./__fixtures__/examples.ts";
import { evaluate } from "./evaluate.ts";
import { classesBy, isLabelled, resultsOf, savingOf, shuffled } from "./policy.ts";
import { chooseThresholds } from "./thresholds.ts";

const examples = examplesOf(200, (second) => second < 0.5).filter(isLabelled);
const THRESHOLDS = { lower_at: 0.8, raise_below: 0.2 };

test("a cheap choice is as good as was said, a strong one as good as was said or as the rate", () => {
  const [first, second] = examples;
  if (first === undefined || second === undefined) throw new Error("no examples");
  const three = [
    { ...first, cheapGood: false },
    { ...first, cheapGood: true, strongGood: false },
    { ...second, cheapGood: true, strongGood: null },
  ];
  expect(resultsOf(three, ["SIMPLE", "CALCULATION", "SIMPLE"], 0.75)).toEqual({
    costsPicoUsd: BigInt64Array.of(100n, 200n, 100n),
    goods: Float64Array.of(0, 1, 1),
  });
  expect(resultsOf(three, ["COMPLEX", "COMPLEX", "COMPLEX"], 0.75)).toEqual({
    costsPicoUsd: BigInt64Array.of(2_000n, 2_000n, 2_000n),
    goods: Float64Array.of(0.75, 0, 0.75),
  });
});

test("a saving is the part of the cost that goes, negative where cost is added", () => {
  expect(savingOf(BigInt64Array.of(100n, 300n), BigInt64Array.of(100n, 100n))).toBe(0.5);
  expect(savingOf(BigInt64Array.of(100n), BigInt64Array.of(150n))).toBe(-0.5);
});

test("a shuffle deals out the same chances, and moves as many jobs as before", () => {
  const next = uniforms(5);
  const chances = examples.map(() => next());
  const dealt = shuffled(examples, chances, next);
  expect(dealt).not.toEqual(chances);
  expect(dealt.toSorted()).toEqual(chances.toSorted());
  const moved = (given: number[]) =>
    ["SIMPLE", "CALCULATION", "COMPLEX"].map(
      (name) => classesBy(examples, given, THRESHOLDS).filter((one) => one === name).length,
    );
  expect(moved(dealt)).toEqual(moved(chances));
});

test("who knows the outcomes keeps all quality and beats every shuffle; a candidate that moves nothing saves nothing", () => {
  const oracle = examples.map(({ cheapGood }) => Number(cheapGood));
  const known = evaluate(examples, { chances: oracle, thresholds: THRESHOLDS, strongRate: 1 }, 1);
  expect(known.candidate.quality).toBe(1);
  expect(known.shuffled.high).toBeLessThan(1);
  expect(known.alwaysStrong).toEqual({ usdPerJob: "0.000000002", quality: 1 });
  const none = evaluate(
    examples,
    { chances: examples.map(() => 0.5), thresholds: THRESHOLDS, strongRate: 1 },
    1,
  );
  expect([none.moved, none.saving.value, none.saving.low, none.qualityChange.value]).toEqual([0, 0, 0, 0]);
  expect(none.candidate).toEqual(none.current);
});

test("thresholds are those that save most without losing quality; without any saving there are none", () => {
  const oracle = examples.map(({ cheapGood }) => (cheapGood ? 0.9 : 0.1));
  const given = { strongRate: 1 };
  expect(chooseThresholds(examples, { ...given, chances: oracle })).toEqual({
    lower_at: 0.9,
    raise_below: null,
  });
  expect(chooseThresholds(examples, { ...given, chances: oracle.map((chance) => 1 - chance) })).toBeNull();
});
