import { describe, expect, test } from "vitest";
import { readOutcomeFile } from "../../../services/classifier/src/outcome/outcome-file.ts";
import { CHOICES, examplesOf } from "./__fixtures__/examples.ts";
import { renderReport } from "./render-report.ts";
import { LEAST_LABELS, LEAST_OF_EACH, train as trainWith } from "./train.ts";

const train = (examples: Parameters<typeof trainWith>[0], seed: number) =>
  trainWith(examples, { seed, goodFrom: 0.5 });
const ALL = { passedOver: {}, isCut: false, tenants: new Map([["acme", 1]]) };
const learnable = (second: number) => second < 0.6;
const noise = (_: number, drawn: number) => drawn < 0.6;

describe("what can be learned from the prompts", () => {
  const trained = train(examplesOf(900, learnable), 1);

  test("gives a candidate that saves money at no less quality on jobs it has not seen", () => {
    expect(trained.refusedBecause).toEqual([]);
    const { evaluation, candidate } = trained;
    expect(evaluation?.saving.low).toBeGreaterThan(0);
    expect(evaluation?.qualityChange.low).toBeGreaterThan(-0.02);
    expect(evaluation?.candidate.quality).toBeGreaterThan(evaluation?.shuffled.high ?? 1);
    expect(evaluation?.jobs).toBe(trained.counts.heldBack);
    const file = readOutcomeFile(candidate?.text ?? "", "candidate");
    expect(file.trained).toMatchObject({ seed: 1, labelled: 900 });
    expect(Math.abs(Object.values(file.weights)[1] ?? 0)).toBeGreaterThan(
      Math.abs(Object.values(file.weights)[2] ?? 1),
    );
  });

  test("gives the same bytes every time, in whatever order the jobs come", () => {
    const again = train(examplesOf(900, learnable).toReversed(), 1);
    expect(again.candidate).toEqual(trained.candidate);
    expect(renderReport(again, ALL)).toBe(renderReport(trained, ALL));
  });

  test("is split otherwise by another seed", () => {
    expect(train(examplesOf(900, learnable), 2).candidate?.version).not.toBe(trained.candidate?.version);
  });

  test("is told with its controls", () => {
    const report = renderReport(trained, { ...ALL, passedOver: { "prompt is gone": 3 }, isCut: true });
    for (const line of [
      "| current |",
      "| candidate |",
      "dealt out at random",
      "always a cheaper",
      "always the strong",
    ]) {
      expect(report).toContain(line);
    }
    expect(report).toContain("; 3 prompt is gone\n- so many were read as `--limit` allows");
    expect(report.startsWith(`# ${trained.candidate?.version}\n`)).toBe(true);
  });

  test("is told with the share of the tenant that taught most of it, where there are several", () => {
    const tenants = new Map([
      ["acme", 30],
      ["other", 10],
    ]);
    expect(renderReport(trained, { ...ALL, tenants })).toMatch(
      /\*\*warning:\*\* of 2 tenants.* 75(?:\.0)? ?%/,
    );
    expect(renderReport(trained, ALL)).not.toContain("warning");
  });
});

describe("no candidate comes of", () => {
  function expectRefused(trained: ReturnType<typeof train>, reason: RegExp): void {
    expect(trained.candidate).toBeNull();
    expect(trained.refusedBecause.join("\n")).toMatch(reason);
    const report = renderReport(trained, ALL);
    expect(report).toMatch(/^# No candidate\n/);
    expect(report).toMatch(/\nRefused:\n- /);
  }

  test.each([1, 2, 3, 4, 5])("noise (%s)", (seed) => {
    expectRefused(train(examplesOf(900, noise, { seed }), seed), /./);
  });

  test("a world in which the strong model is no better: then a rule for all does, and dealt out at random it is as good", () => {
    const strong = examplesOf(100, () => null, { seed: 2 }).map((example, index) => ({
      ...example,
      jobId: `${example.jobId}-strong`,
      strongGood: index % 10 !== 0,
    }));
    const rated = [...examplesOf(800, (_, drawn) => drawn > 0.05), ...strong];
    expectRefused(train(rated, 1), /dealt out at random do as well/);
  });

  test("prompts that the current routing sends where they belong already", () => {
    const examples = examplesOf(900, learnable).map((example) => ({
      ...example,
      current: example.cheapGood ? ("SIMPLE" as const) : ("COMPLEX" as const),
    }));
    expectRefused(train(examples, 1), /no threshold would have saved|not surely above 0/);
  });

  test("a cheaper model that is not cheaper", () => {
    const choices = { ...CHOICES, COMPLEX: { costPicoUsd: 200n, isCheap: false } };
    const examples = examplesOf(900, learnable).map((example) => ({ ...example, choices }));
    expectRefused(train(examples, 1), /no threshold would have saved/);
  });

  test("too few labels, and labels of one kind", () => {
    expectRefused(train([], 1), /too few: 0 outcomes/);
    expectRefused(train(examplesOf(LEAST_LABELS - 1, learnable), 1), /^too few: 199 outcomes/);
    let bad = LEAST_OF_EACH - 1;
    const oneKind = examplesOf(900, () => {
      bad -= 1;
      return bad < 0;
    });
    expectRefused(train(oneKind, 1), /too few: 900 outcomes .* 30 of each kind/);
  });

  test("jobs of which nobody said whether a cheaper model does", () => {
    expectRefused(
      train(
        examplesOf(900, () => null, { strongGood: true }),
        1,
      ),
      /too few: 0 outcomes/,
    );
  });
});

test("the same prompt is never on both sides of the split", () => {
  const twins = examplesOf(400, learnable).flatMap((example) => [
    example,
    { ...example, jobId: `${example.jobId}b` },
  ]);
  const { counts } = train(twins, 1);
  const single = train(examplesOf(400, learnable), 1).counts;
  expect([counts.trainedOn, counts.heldBack]).toEqual([2 * single.trainedOn, 2 * single.heldBack]);
});
