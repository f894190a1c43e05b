import type { JobRow } from "@switchyard/shared/ledger";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DECISION } from "./drive-job.ts";
import { type Api, ask, startApi } from "./support.ts";

afterAll(watchLeaks());

let api: Api;
let key: string;
beforeAll(async () => {
  api = await startApi();
  key = await api.createKey("acme");
  const PER_ARM = 30;
  await ended(key, { arm: "routed" }, Array<bigint>(PER_ARM).fill(1_000_000n));
  await ended(key, { arm: "holdout" }, Array<bigint>(PER_ARM).fill(9_000_000n));
});
afterAll(() => api.stop());

/** Jobs that were drawn, and answered at these costs. */
async function ended(
  by: string,
  { arm, ...rest }: { arm: "routed" | "holdout"; holdoutPpm?: number; unpricedCalls?: number },
  costs: readonly bigint[],
): Promise<void> {
  const { holdoutPpm = 20_000, unpricedCalls } = rest;
  const body = costs.map((_, index) => ({ input: `${index}` }));
  const { body: batch } = await ask(api.url, "POST /v1/jobs/batch", { key: by, body });
  const { jobs } = api.ledger;
  await Promise.all(
    costs.map(async (costPicoUsd, index) => {
      const row = (await jobs.read(batch.items[index].id)) as JobRow;
      const drawn = (await jobs.classified(row, DECISION, {
        modelId: "sim-small",
        arm,
        holdoutPpm,
      })) as JobRow;
      await jobs.end(drawn, {
        ...{ status: "succeeded", resultAttempt: 1, costPicoUsd, baselinePicoUsd: 9_000_000n, counted: [1] },
        unpricedCalls,
      });
    }),
  );
}

const savings = (query = "", by = key) => ask(api.url, `GET /v1/savings${query}`, { key: by });

const ARM = {
  jobs: 30,
  answered_jobs: 30,
  baseline_usd: "0.00027",
  open_jobs: 0,
  unpriced_jobs: 0,
  at_risk_jobs: 0,
};
const ALL = {
  unreadable_jobs: 0,
  arms: {
    routed: { ...ARM, spend_usd: "0.00003", spend_per_job_usd: "0.000001" },
    holdout: { ...ARM, spend_usd: "0.00027", spend_per_job_usd: "0.000009" },
  },
  modelled: { saved_usd: "0.00024", saved_per_job_usd: "0.000008" },
  measured: {
    ...{ saved_per_job_usd: "0.000008", low_usd: "0.000008", high_usd: "0.000008" },
    no_interval_because: null,
  },
};

test("what routing saved is answered as modelled and as measured, with the time that it is of", async () => {
  const { status, body, headers } = await savings();
  expect([status, headers.get("cache-control")]).toEqual([200, "private, no-cache"]);
  const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(body).toEqual({ object: "savings", from: instant, to: instant, ...ALL });
});

test("a job counts where it was created, and once it has ended", async () => {
  const by = await api.createKey("counted");
  const { body: job } = await ask(api.url, "POST /v1/jobs", { key: by, body: { input: "x" } });
  const row = (await api.ledger.jobs.read(job.id)) as JobRow;
  const drawn = (await api.ledger.jobs.classified(row, DECISION, {
    ...{ modelId: "sim-small", arm: "routed" },
  })) as JobRow;
  const routed = async (query = "") => (await savings(query, by)).body.arms.routed;
  expect(await routed()).toMatchObject({ jobs: 0, open_jobs: 1 });
  await api.ledger.jobs.end(drawn, { status: "failed", costPicoUsd: 5n, counted: [1] });
  expect(await routed()).toMatchObject({ jobs: 1, open_jobs: 0, spend_usd: "0.000000000005" });
  expect(await routed("?from=2020-01-01&to=2020-01-31")).toMatchObject({ jobs: 0, open_jobs: 0 });
  const hour = `${new Date(row.createdAt).toISOString().slice(0, 13)}:30:00Z`;
  expect(await routed(`?from=${hour}&to=${hour}`)).toMatchObject({ jobs: 1 });
});

test("jobs of another share are compared by themselves, and none are where costs are not known", async () => {
  const by = await api.createKey("changed");
  const both = async (holdoutPpm: number, [routed, held]: [number, number], cost: bigint) => {
    await ended(by, { arm: "routed", holdoutPpm }, Array<bigint>(routed).fill(cost));
    await ended(by, { arm: "holdout", holdoutPpm }, Array<bigint>(held).fill(cost));
  };
  // Nothing is saved in either; pooled, a job held out costs 5.5 and a routed one 3.7 on average.
  await both(100_000, [70, 30], 1_000_000n);
  await both(500_000, [30, 30], 10_000_000n);
  const measured = async () => (await savings("", by)).body.measured;
  const none = { saved_per_job_usd: "0", low_usd: "0", high_usd: "0", no_interval_because: null };
  expect(await measured()).toEqual(none);
  await ended(by, { arm: "routed", unpricedCalls: 1 }, [0n, 0n]);
  expect(await measured()).toEqual({
    ...{ saved_per_job_usd: null, low_usd: null, high_usd: null },
    no_interval_because: "costs_unknown",
  });
});

test("another tenant sees nothing of it and may not ask; an admin sees one tenant, or all that have totals", async () => {
  const by = await api.createKey("other");
  expect((await savings("", by)).body).toMatchObject({
    arms: { routed: { jobs: 0 } },
    modelled: { saved_usd: null, saved_per_job_usd: null },
  });
  const refused = await savings("?tenant=acme", by);
  expect([refused.status, refused.body.code]).toEqual([403, "forbidden"]);
  const admin = await api.createKey("operators", { scopes: ["jobs:read", "admin"] });
  expect((await savings("?tenant=acme", admin)).body).toMatchObject(ALL);
  // No call of these jobs was settled, so that nobody has totals.
  expect((await savings("", admin)).body.arms.routed).toMatchObject({ jobs: 0 });
});

test.each([
  ["?group_by=day", "group_by"],
  ["?from=yesterday", "from"],
  ["?from=2026-01-02&to=2026-01-01", "from"],
  ["?from=2025-10-01&to=2026-01-01", "from"],
  ["?tenant=a%23b", "tenant"],
])("%s is refused by name", async (query, path) => {
  const { status, body } = await savings(query);
  expect([status, body.code]).toEqual([400, "validation_failed"]);
  expect(body.errors.map((problem: { path: string }) => problem.path)).toContain(path);
});
