import type { JobRow, NewJob } from "@switchyard/shared/ledger";
import { createMetrics } from "@switchyard/shared/telemetry";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { classifyWith } from "../src/classify.ts";
import { NOBODY, type TestJobs, usingJobs } from "./support.ts";

afterAll(watchLeaks());

let jobs: TestJobs;
beforeAll(async () => {
  jobs = await usingJobs();
  return jobs.close;
});

const HARD =
  "Design a fault-tolerant payment system, compare three architectures and prove their consistency.";
const metrics = createMetrics("test");

/** A job of the prompt within the bounds, once it is classified. */
async function classified(
  prompt: string,
  bounds?: NonNullable<NewJob["request"]["bounds"]>,
): Promise<JobRow> {
  const { ledger, decider, jobOf, read } = jobs;
  const job = await jobOf(prompt, bounds === undefined ? {} : { bounds });
  const handler = classifyWith({
    ...decider,
    ledger,
    events: { publish: () => {} },
    summoner: NOBODY,
    metrics,
  });
  await handler({ version: 1, jobId: job.jobId, generation: 1 }, { signal: new AbortController().signal });
  return read(job);
}

test.each([
  [HARD, { min: null, max: "SIMPLE" }, "SIMPLE", "max_class"],
  ["Hello!", { min: "COMPLEX", max: null }, "COMPLEX", "min_class"],
  ["Hello!", { min: "CALCULATION", max: "CALCULATION" }, "CALCULATION", "min_class"],
] as const)(
  "routes %j within %o as %s, and says what it was judged to be",
  async (prompt, bounds, as, by) => {
    const judged = (await classified(prompt)).decision;
    const { decision: moved, modelId } = await classified(prompt, bounds);
    expect(judged).not.toHaveProperty("judged_class");
    expect(moved).toMatchObject({ class: as, judged_class: judged?.class });
    const why = `moved from ${judged?.class} to ${as} by ${by}`;
    expect(moved?.reasons).toEqual([...(judged?.reasons ?? []), why]);
    expect(jobs.decider.catalogue.routes[as]).toContain(modelId);
  },
);

test("leaves alone what lies within its bounds", async () => {
  const { decision } = await classified("Hello!", { min: "SIMPLE", max: "COMPLEX" });
  expect(decision).not.toHaveProperty("judged_class");
});
