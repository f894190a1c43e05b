import { expect, test } from "vitest";
import { row } from "./report.ts";

test("a ratio is the median of the rounds' ratios, not the ratio of the medians", () => {
  const rounds = [
    { subject: 1, reference: 1 },
    { subject: 20, reference: 10 },
    { subject: 30, reference: 100 },
  ];
  const line = row("jobs/s", rounds, {
    subject: (pair) => pair.subject,
    reference: (pair) => pair.reference,
  });
  expect(line).toEqual({ metric: "jobs/s", subject: 20, reference: 10, ratio: 1 });
});
