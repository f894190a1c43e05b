import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { apgrOf, cptOf, curveAt, curveOf, gapOf, type Outcomes, rankBy, savedOf } from "./quality-curve.ts";

interface Question {
  need: number;
  cheap: number;
  strong: number;
  cheapCost?: number;
  strongCost?: number;
}

const outcomesOf = (questions: readonly Question[]): Outcomes => ({
  cheapScores: Float64Array.from(questions, ({ cheap }) => cheap),
  strongScores: Float64Array.from(questions, ({ strong }) => strong),
  cheapCosts: Float64Array.from(questions, ({ cheapCost }) => cheapCost ?? 0),
  strongCosts: Float64Array.from(questions, ({ strongCost }) => strongCost ?? 1),
});
const curve = (questions: readonly Question[], counts = questions.map(() => 1)) =>
  curveOf(
    outcomesOf(questions),
    rankBy(Float64Array.from(questions, ({ need }) => need)),
    Uint16Array.from(counts),
  );

// Quality 0.25 → 0.75 → 0.5 → 0.75 → 0.75 as calls go from none to all four.
const BY_HAND: Question[] = [
  { need: 0.1, cheap: 1, strong: 1 },
  { need: 0.9, cheap: 0, strong: 1 },
  { need: 0.9, cheap: 0, strong: 1 },
  { need: 0.5, cheap: 0, strong: 0 },
];
const share = fc.integer({ min: 0, max: 4 }).map((quarters) => quarters / 4);
const question = fc.record({
  need: fc.integer({ min: 0, max: 3 }).map((third) => third / 3),
  cheap: share,
  strong: share,
  cheapCost: fc.integer({ min: 0, max: 5 }),
  strongCost: fc.integer({ min: 1, max: 50 }),
});
const questions = fc.array(question, { minLength: 1, maxLength: 6 });
const distinct = questions.map((all) => all.map((one, index) => ({ ...one, need: -index })));
const gap = (all: readonly Question[]) => all.reduce((sum, { cheap, strong }) => sum + strong - cheap, 0);

describe("by hand", () => {
  test("quality grows along the ranking, and equally ranked questions are one step", () => {
    expect(curve(BY_HAND)).toEqual({
      shares: [0, 0.5, 0.75, 1],
      qualities: [0.25, 0.75, 0.75, 0.75],
      costs: [0, 0.5, 0.75, 1],
    });
  });

  test("APGR, CPT and the saving are the curve's", () => {
    // A triangle up to a share of a half, then all of the gap: 0.25 + 0.5.
    expect(apgrOf(curve(BY_HAND))).toBeCloseTo(0.75, 12);
    expect(cptOf(curve(BY_HAND), 0.5)).toBeCloseTo(0.25, 12);
    expect(cptOf(curve(BY_HAND), 0.8)).toBeCloseTo(0.4, 12);
    expect(savedOf(curve(BY_HAND), 1)).toBeCloseTo(0.5, 12);
    // 0.95 × 0.75 is passed at 0.925 of the first half.
    expect(savedOf(curve(BY_HAND), 0.95)).toBeCloseTo(1 - 0.4625, 12);
    expect(curveAt(curve(BY_HAND), 0.25)).toEqual({ quality: 0.5, cost: 0.25 });
    expect(curveAt(curve(BY_HAND), 1)).toEqual({ quality: 0.75, cost: 1 });
  });
});

describe("against brute force", () => {
  test("APGR is the mean over all orders of equally ranked questions", () => {
    fc.assert(
      fc.property(questions, (all) => {
        fc.pre(gap(all) > 0);
        const orders = permutationsOf(all).filter((order) =>
          order.every(({ need }, place) => place === 0 || (order[place - 1]?.need ?? 0) >= need),
        );
        const mean = orders.reduce((sum, order) => sum + enumeratedApgr(order), 0) / orders.length;
        expect(apgrOf(curve(all))).toBeCloseTo(mean, 9);
      }),
      { numRuns: 60 },
    );
  });

  test("CPT reaches its PGR, no smaller share does, and it grows with the PGR asked for", () => {
    fc.assert(
      fc.property(questions, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, recovered) => {
        fc.pre(gap(all) > 0);
        const line = curve(all);
        const pgrAt = (at: number) => (curveAt(line, at).quality - (line.qualities[0] ?? 0)) / gapOf(line);
        const cpt = cptOf(line, recovered);
        expect(pgrAt(cpt)).toBeGreaterThanOrEqual(recovered - 1e-6);
        for (let step = 0; step < 50; step += 1) {
          expect(pgrAt((cpt * step) / 50)).toBeLessThan(recovered + 1e-6);
        }
        expect(cptOf(line, recovered / 2)).toBeLessThanOrEqual(cpt + 1e-12);
      }),
    );
  });

  test("the saving is the largest of all shares whose quality is kept", () => {
    fc.assert(
      fc.property(questions, fc.constantFrom(0.5, 0.95, 1), (all, kept) => {
        const line = curve(all);
        const floor = kept * (line.qualities.at(-1) ?? 0);
        const strongCost = line.costs.at(-1) ?? 0;
        const saved = savedOf(line, kept);
        const steps = Array.from({ length: 1_001 }, (_, step) => curveAt(line, step / 1_000));
        const tried = steps
          .filter(({ quality }) => quality >= floor)
          .map(({ cost }) => 1 - cost / strongCost);
        expect(Math.max(0, ...tried)).toBeLessThanOrEqual(saved + 1e-6);
        // One thousandth of the calls cannot cost more than the dearest question.
        const near = steps.filter(({ quality }) => quality >= floor - 0.01);
        expect(Math.max(...near.map(({ cost }) => 1 - cost / strongCost))).toBeGreaterThan(saved - 0.1);
      }),
    );
  });

  test("a question that counts twice is two questions", () => {
    fc.assert(
      fc.property(
        questions,
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 6, maxLength: 6 }),
        (all, some) => {
          const counts = all.map((_, index) => some[index] ?? 0);
          const repeated = all.flatMap((one, index) => Array.from({ length: counts[index] ?? 0 }, () => one));
          fc.pre(repeated.length > 0 && gap(repeated) > 0);
          expect(apgrOf(curve(all, counts))).toBeCloseTo(apgrOf(curve(repeated)), 9);
          expect(savedOf(curve(all, counts), 0.95)).toBeCloseTo(savedOf(curve(repeated), 0.95), 9);
          for (const at of [0, 0.3, 1]) {
            expect(curveAt(curve(all, counts), at).quality).toBeCloseTo(
              curveAt(curve(repeated), at).quality,
              9,
            );
          }
        },
      ),
    );
  });
});

describe("bounds", () => {
  test("no ranking is above the one by gain, none below the inverted one, and the two mirror each other", () => {
    fc.assert(
      fc.property(distinct, (all) => {
        fc.pre(gap(all) > 0);
        const oracle = apgrOf(curve(all.map((one) => ({ ...one, need: one.strong - one.cheap }))));
        const inverted = apgrOf(curve(all.map((one) => ({ ...one, need: one.cheap - one.strong }))));
        expect(apgrOf(curve(all))).toBeLessThanOrEqual(oracle + 1e-9);
        expect(apgrOf(curve(all))).toBeGreaterThanOrEqual(inverted - 1e-9);
        expect(oracle + inverted).toBeCloseTo(1, 9);
      }),
    );
  });

  test("a constant ranking is the random router: APGR one half, CPT what is asked", () => {
    fc.assert(
      fc.property(questions, (all) => {
        fc.pre(gap(all) > 0);
        const line = curve(all.map((one) => ({ ...one, need: 1 })));
        expect(apgrOf(line)).toBeCloseTo(0.5, 9);
        expect(cptOf(line, 0.8)).toBeCloseTo(0.8, 6);
      }),
    );
  });

  test("where the strong model is no better there is no PGR", () => {
    const even = curve([{ need: 1, cheap: 1, strong: 1 }]);
    expect([apgrOf(even), cptOf(even, 0.5), gapOf(even)]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(savedOf(even, 1)).toBe(1);
  });

  test("a strong model that costs nothing leaves nothing to save", () => {
    expect(savedOf(curve([{ need: 1, cheap: 0, strong: 1, strongCost: 0 }]), 1)).toBeNaN();
  });
});

/** The mean of PGR over 0 … n calls, by trapezoids, question by question. */
function enumeratedApgr(order: readonly Question[]): number {
  const total = gap(order);
  const recovered = order.map((_, calls) => gap(order.slice(0, calls + 1)) / total);
  return (
    recovered.reduce((sum, pgr, calls) => sum + (pgr + (recovered[calls - 1] ?? 0)) / 2, 0) / order.length
  );
}

function permutationsOf<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) =>
    permutationsOf(items.filter((_, other) => other !== index)).map((rest) => [item, ...rest]),
  );
}
