import { ERRORS, type ErrorCode } from "@switchyard/shared/errors";
import type { AttemptRow, JobRow } from "@switchyard/shared/ledger";
import { describe, expect, test } from "vitest";
import { renderJob } from "./render-job.ts";

const PRICE = { id: "p", bookVersion: "1", inputPicoUsd: 1n, outputPicoUsd: 1n };

const JOB: JobRow = {
  jobId: "job_00000000000000000000000000",
  tenant: "acme",
  fingerprint: "f",
  status: "succeeded",
  dueStage: "settle",
  generation: 1,
  version: 5,
  createdAt: 0,
  updatedAt: 1_500,
  deadlineAt: 86_400_000,
  request: {
    model: "auto",
    maxOutputTokens: null,
    maxCostUsd: null,
    onUnknown: "retry",
    priority: "normal",
    metadata: {},
  },
  promptChunks: 1,
  promptBytes: 1,
  attempts: 1,
  sweeps: 0,
};

function attempt(given: Partial<AttemptRow>): AttemptRow {
  return {
    jobId: JOB.jobId,
    n: 1,
    generation: 1,
    kind: "invoke",
    state: "settled",
    claimId: "c",
    modelId: "sim-small",
    providerId: "simulated",
    tenant: "acme",
    class: "SIMPLE",
    startedAt: 0,
    leaseUntil: 1,
    price: PRICE,
    maxCostPicoUsd: 0n,
    ...given,
  };
}

const render = (job: Partial<JobRow>, attempts: AttemptRow[] = [], text: string | null = null) =>
  renderJob({ job: { ...JOB, ...job }, attempts, text });

describe("money", () => {
  test("is exact to the last pico-dollar, as a string", () => {
    const cost = (costPicoUsd: bigint) => render({}, [attempt({ costPicoUsd })]).cost.total_usd;
    expect([cost(1n), cost(4_500_000n), cost(1_000_000_000_000n)]).toEqual([
      "0.000000000001",
      "0.0000045",
      "1",
    ]);
    expect(cost(9_007_199_254_740_993n)).toBe("9007.199254740993");
  });

  test("is the sum of settled attempts; what is not known is at risk and never in the sum", () => {
    const { cost, attempts } = render({ baselinePicoUsd: 10n }, [
      attempt({ n: 1, kind: "classify", costPicoUsd: 1n }),
      attempt({ n: 2, state: "void", maxCostPicoUsd: 100n }),
      attempt({ n: 3, state: "unknown", maxCostPicoUsd: 20n }),
      attempt({ n: 4, costPicoUsd: 2n }),
      attempt({ n: 5, state: "intent", maxCostPicoUsd: 7n }),
    ]);
    expect(attempts.map(({ cost_state }) => cost_state)).toEqual([
      "measured",
      null,
      "at_risk",
      "measured",
      "at_risk",
    ]);
    expect(cost).toEqual({
      total_usd: "0.000000000003",
      classifier_usd: "0.000000000001",
      baseline_usd: "0.00000000001",
      saved_usd: "0.000000000007",
      estimated_usd: "0",
      at_risk_usd: "0.000000000027",
    });
    const outcomes = attempts.map(({ outcome, cost_usd }) => [outcome, cost_usd]);
    expect(outcomes).toEqual([
      ["settled", "0.000000000001"],
      ["void", null],
      ["unknown", null],
      ["settled", "0.000000000002"],
      ["in_flight", null],
    ]);
  });

  test("that was lost on a dearer model is a saving below zero", () => {
    const { cost } = render({ baselinePicoUsd: 1n }, [attempt({ costPicoUsd: 3n })]);
    expect(cost.saved_usd).toBe("-0.000000000002");
  });

  test("without a baseline there is no saving, which is not a saving of 0", () => {
    for (const job of [{ status: "running" as const }, { resultAttempt: 1 }]) {
      const { cost } = render(job, [attempt({ costPicoUsd: 3n })]);
      expect(cost).toMatchObject({ baseline_usd: null, saved_usd: null, total_usd: "0.000000000003" });
    }
  });

  test.each(["failed", "cancelled", "expired"] as const)(
    "that was paid for a job that ended as %s without an answer was not saved",
    (status) => {
      const { cost } = render({ status }, [attempt({ costPicoUsd: 3n })]);
      expect(cost).toMatchObject({ baseline_usd: null, saved_usd: "-0.000000000003" });
    },
  );
});

describe("errors", () => {
  const shown = (code: string) => render({ status: "failed", failure: { code, message: "said so" } }).error;

  test.each(Object.keys(ERRORS) as ErrorCode[])("%s is shown under its name in the API", (code) => {
    const { api, kind, title } = ERRORS[code];
    expect(shown(code)).toEqual({ code: api, message: kind === "fault" ? title : "said so" });
  });

  test.each(["GONE_WITH_A_RELEASE", "constructor", "__proto__"])("%s, which is no code, is ours", (code) => {
    expect(shown(code)).toEqual({ code: "internal_error", message: "Internal error" });
  });

  test("a failure on the row is shown only once the job has failed by it", () => {
    expect(
      render({ status: "running", failure: { code: "PROVIDER_REFUSED", message: "x" } }).error,
    ).toBeNull();
  });

  test("an attempt that was settled after all shows no error", () => {
    const error = { code: "PROVIDER_OUTCOME_UNKNOWN", message: "x" };
    const errors = render({}, [attempt({ error }), attempt({ state: "unknown", error })]).attempts.map(
      (view) => view.error?.code ?? null,
    );
    expect(errors).toEqual([null, "provider_outcome_unknown"]);
  });
});

const USED = {
  inputTokens: 3,
  cachedInputTokens: 10,
  cacheWriteTokens: 0,
  outputTokens: 2,
  reasoningTokens: 0,
};

test("a settled call without a price counts at its bound, and no saving is claimed", () => {
  const unpriced = { usage: USED, unpriced: "cachedInput", maxCostPicoUsd: 7n };
  const { cost, attempts } = render({ baselinePicoUsd: 9n }, [attempt(unpriced)]);
  expect([cost.total_usd, cost.at_risk_usd, cost.saved_usd]).toEqual(["0", "0.000000000007", null]);
  // The part that has a rate is shown apart, and is nobody's cost.
  expect(attempts[0]).toMatchObject({
    cost_state: "unpriced",
    cost_usd: null,
    unpriced: { components: ["cachedInput"], priced_usd: "0.000000000005" },
    price_id: "p",
    price_version: "1",
  });
});

test("an estimated call is told apart: its cost is in no sum, and no saving is claimed", () => {
  const estimate = { method: "utf8-bytes/3", usage: { ...USED, cachedInputTokens: 0 }, costPicoUsd: 5n };
  const { cost, attempts } = render({ baselinePicoUsd: 9n }, [
    attempt({ estimate, maxCostPicoUsd: 7n }),
    attempt({ n: 2, costPicoUsd: 1n, serviceTier: "flex", usageNotes: ["total_mismatch"] }),
  ]);
  expect(cost).toMatchObject({
    ...{ total_usd: "0.000000000001", estimated_usd: "0.000000000005" },
    ...{ at_risk_usd: "0.000000000007", saved_usd: null },
  });
  expect(attempts[0]).toMatchObject({
    ...{ cost_state: "estimated", cost_usd: "0.000000000005", usage: null, unpriced: null },
    estimate: { method: "utf8-bytes/3", usage: { input_tokens: 3, output_tokens: 2 } },
    ...{ service_tier: "default", usage_notes: [] },
  });
  const measured = { cost_state: "measured", service_tier: "flex", usage_notes: ["total_mismatch"] };
  expect(attempts[1]).toMatchObject({ ...measured, estimate: null });
});

describe("the result", () => {
  const usage = {
    inputTokens: 1,
    cachedInputTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: 2,
    reasoningTokens: 0,
  };
  const shown = {
    input_tokens: 1,
    cached_input_tokens: 0,
    cache_write_tokens: 0,
    cache_write_1h_tokens: 0,
    output_tokens: 2,
    reasoning_tokens: 0,
  };

  test("is the answer of the attempt that the job names", () => {
    const attempts = [
      attempt({ n: 1, state: "void" }),
      attempt({ n: 2, usage, responseModel: "small-1", finishReason: "length" }),
    ];
    const view = render({ resultAttempt: 2 }, attempts, "an answer");
    expect(view.result).toEqual({ text: "an answer", finish_reason: "length", model: "small-1" });
    expect(view.usage).toEqual(shown);
  });

  test("an empty answer is an answer", () => {
    expect(render({ resultAttempt: 1 }, [attempt({ usage })], "").result?.text).toBe("");
  });

  test("is gone when its time to live has passed, while the accounting stays", () => {
    const view = render({ resultAttempt: 1 }, [attempt({ usage, costPicoUsd: 5n })], null);
    expect([view.status, view.result, view.usage, view.cost.total_usd]).toEqual([
      "succeeded",
      null,
      shown,
      "0.000000000005",
    ]);
  });
});

test("times are RFC 3339 in UTC", () => {
  expect(render({})).toMatchObject({
    created_at: "1970-01-01T00:00:00.000Z",
    updated_at: "1970-01-01T00:00:01.500Z",
    deadline_at: "1970-01-02T00:00:00.000Z",
  });
});

test("a dead letter is a failed job that nobody has discarded", () => {
  const failure = { code: "PROVIDER_REFUSED", message: "no" };
  const discarded = { atMs: 1_000, reason: "a typing error" };
  const isDeadLetter = (job: Partial<JobRow>) => render(job).dead_letter;
  expect(isDeadLetter({ status: "failed", failure })).toBe(true);
  expect(isDeadLetter({ status: "failed", failure, discarded })).toBe(false);
  for (const status of ["queued", "running", "succeeded", "cancelled", "expired"] as const) {
    expect(isDeadLetter({ status, failure })).toBe(false);
  }
  const shown = render({ status: "failed", failure, discarded });
  expect(shown.discarded).toEqual({ at: "1970-01-01T00:00:01.000Z", reason: "a typing error" });
});

test("a job says which models it left, why and when, by their ids alone", () => {
  const reason = "content_refused" as const;
  const fallbacks = [{ from: "sim-small", to: "sim-large", reason, atMs: 1_000 }];
  expect(render({ modelId: "sim-large", fallbacks })).toMatchObject({
    model: "sim-large",
    fallbacks: [{ from: "sim-small", to: "sim-large", reason, at: "1970-01-01T00:00:01.000Z" }],
  });
  expect(render({}).fallbacks).toEqual([]);
});

test("the cost of a job that changed its model is the sum over both, each at its own price", () => {
  const dear = { ...PRICE, id: "dear" };
  const { cost } = render({ modelId: "sim-large" }, [
    attempt({ n: 1, state: "unknown", maxCostPicoUsd: 20n }),
    attempt({ n: 2, modelId: "sim-large", price: dear, costPicoUsd: 300n }),
  ]);
  expect(cost).toMatchObject({ total_usd: "0.0000000003", at_risk_usd: "0.00000000002" });
});

test("every attempt says which generation made it", () => {
  const { generation, attempts } = render({ generation: 2 }, [attempt({}), attempt({ n: 2, generation: 2 })]);
  expect([generation, ...attempts.map((one) => one.generation)]).toEqual([2, 1, 2]);
});

test("nothing of the row is shown that callers have no use for", () => {
  const text = JSON.stringify(
    render({ claimId: "secret-claim", claimUntil: 1 }, [attempt({ claimId: "secret" })]),
  );
  expect(text).not.toMatch(/secret|fingerprint|attention|tenant|acme/);
});
