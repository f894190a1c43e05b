import type { Decision, GateReason, JobClass, JobView } from "@switchyard/shared/contracts";
import { expect, test } from "vitest";
import { type EndedJob, figuresOf, usdPerThousand } from "./side-figures.ts";

function ended(
  label: JobClass,
  routed: JobClass,
  given: { reason?: GateReason; costs: string[]; saved: string | null },
): EndedJob {
  const { reason, costs, saved } = given;
  const [classifier_usd = "0", total_usd = "0"] = costs;
  const isAsked = reason === "pays";
  return {
    label,
    job: {
      id: "j1",
      attempts: (isAsked ? ["classify", "invoke"] : ["invoke"]).map(
        (kind) => ({ kind }) as JobView["attempts"][number],
      ),
      decision: {
        class: routed,
        degraded: null,
        gate: reason === undefined ? null : { asked: isAsked, reason },
      } as Decision,
      cost: {
        total_usd,
        classifier_usd,
        baseline_usd: null,
        saved_usd: saved,
        estimated_usd: "0",
        at_risk_usd: "0",
      },
    },
  };
}

test("money is summed to the last pico-dollar, losses included", () => {
  const tiny = ended("SIMPLE", "SIMPLE", { costs: ["0", "0.000000000001"], saved: "1000000" });
  const loss = ended("COMPLEX", "COMPLEX", { reason: "pays", costs: ["0.1", "0.3"], saved: "-0.1" });
  expect(figuresOf([tiny, loss, tiny])).toMatchObject({
    classifierPicoUsd: 100_000_000_000n,
    totalPicoUsd: 300_000_000_002n,
    savedPicoUsd: 1_999_999_900_000_000_000n,
  });
});

test("jobs are counted by whether and why they were asked about, and by what they are routed as", () => {
  const costs = ["0", "1"];
  const figures = figuresOf([
    ended("SIMPLE", "SIMPLE", { reason: "confident", costs, saved: "0" }),
    ended("SIMPLE", "COMPLEX", { reason: "cannot_pay", costs, saved: "0" }),
    ended("COMPLEX", "CALCULATION", { reason: "pays", costs, saved: "0" }),
    ended("CALCULATION", "SIMPLE", { reason: "confident", costs, saved: "0" }),
  ]);
  expect(figures).toMatchObject({ jobs: 4, asked: 1, consultations: 1, asLabelled: 1, complexBelow: 1 });
  expect(figures.gates).toEqual({ confident: 2, cannot_pay: 1, pays: 1 });
});

test("a job without a known saving ends the run, rather than being left out", () => {
  const job = ended("SIMPLE", "SIMPLE", { costs: [], saved: null });
  expect(() => figuresOf([job])).toThrow("no saving");
});

test("figures of a table are for each 1,000 jobs", () => {
  expect(usdPerThousand(300_000_000_000n, 300)).toBeCloseTo(1, 12);
});
