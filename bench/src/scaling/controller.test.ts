import { expect, test } from "vitest";
import { createController, type ScalerTerms, TOLERANCE } from "./controller.ts";

const FREE = { stabilizationMs: 0, policies: [{ type: "percent", value: 1_000, periodMs: 1 }] } as const;

const TERMS: ScalerTerms = {
  ...{ target: 4, minReplicas: 1, maxReplicas: 10, tolerance: TOLERANCE, cooldownMs: 300 },
  ...{ scaleUp: FREE, scaleDown: { ...FREE, policies: [{ type: "percent", value: 100, periodMs: 1 }] } },
};

/** What is decided of one load after another, a tenth of a second apart, when what was decided is done at once. */
function decisions(loads: readonly (number | null)[], given: Partial<ScalerTerms> = {}, start = 1): number[] {
  const controller = createController({ ...TERMS, ...given });
  let replicas = start;
  return loads.map((load, index) => {
    replicas = controller.decide(index * 100, { load, replicas });
    return replicas;
  });
}

test("a load of 18 with a target of 4 is five pods, as measured on the real autoscaler", () => {
  expect(decisions([18])).toEqual([5]);
});

test("within a tenth of the target nothing changes", () => {
  expect(decisions([17], {}, 4)).toEqual([4]);
  expect(decisions([18], {}, 4)).toEqual([5]);
  expect(decisions([37], {}, 10)).toEqual([10]);
  expect(decisions([35], {}, 10)).toEqual([9]);
});

test("there are never more pods than the most, nor fewer than the least", () => {
  expect(decisions([400, 0])).toEqual([10, 1]);
  expect(decisions([400, 0], { minReplicas: 2 })).toEqual([10, 2]);
});

test("pods go only when fewer were wanted for the whole window, and to the most that were wanted in it", () => {
  const scaleDown = { ...TERMS.scaleDown, stabilizationMs: 250 };
  expect(decisions([40, 4, 12, 4, 4, 4], { scaleDown })).toEqual([10, 10, 10, 3, 3, 1]);
});

test("pods come only when more were wanted for the whole window", () => {
  const scaleUp = { ...TERMS.scaleUp, stabilizationMs: 150 };
  expect(decisions([40, 4, 40, 20, 40], { scaleUp })).toEqual([10, 1, 1, 5, 5]);
});

test("half of the pods may go within a period, and again in the next", () => {
  const scaleDown = {
    stabilizationMs: 0,
    policies: [{ type: "percent", value: 50, periodMs: 250 }],
  } as const;
  expect(decisions([40, 0, 0, 0, 0, 0, 0], { scaleDown })).toEqual([10, 5, 5, 5, 2, 2, 2]);
});

test("of several policies the one that allows most counts", () => {
  const scaleUp = {
    stabilizationMs: 0,
    policies: [
      { type: "percent", value: 100, periodMs: 150 },
      { type: "pods", value: 4, periodMs: 150 },
    ],
  } as const;
  expect(decisions([40, 40, 40], { scaleUp })).toEqual([5, 5, 10]);
});

test("without a pod any load brings the first one, and the last one goes after the cool-down", () => {
  const terms = { minReplicas: 0 };
  expect(decisions([0, 1, 40], terms, 0)).toEqual([0, 1, 10]);
  expect(decisions([1, 0, 0, 0, 0], terms)).toEqual([1, 1, 1, 0, 0]);
  expect(decisions([1, 0, 0, 1, 0, 0, 0], terms)).toEqual([1, 1, 1, 1, 1, 1, 0]);
});

test("a load that cannot be read changes nothing, and is no 0", () => {
  expect(decisions([40, null, null, null, null, null], { minReplicas: 0 })).toEqual([10, 10, 10, 10, 10, 10]);
});
