import type { AttemptRow, JobRow } from "@switchyard/shared/ledger";
import { formatUsd, parseUsd, priceUsage } from "@switchyard/shared/pricing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { receiptText, renderReceipt } from "./render-receipt.ts";

const PRICE = {
  ...{ id: "small", bookVersion: "7" },
  ...{ inputPicoUsd: 150_000n, outputPicoUsd: 600_000n, cachedInputPicoUsd: 75_000n },
};

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
  const row: AttemptRow = {
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
  const priced = row.usage === undefined ? null : priceUsage(row.price, row.usage);
  return priced !== null && "costPicoUsd" in priced ? { ...priced, ...row } : row;
}

const usage = (given: Partial<AttemptRow["usage"] & object>) => ({
  ...{ inputTokens: 0, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0 },
  ...given,
});

const MANY = [
  attempt({ n: 1, kind: "classify", modelId: "judge", usage: usage({ inputTokens: 4, outputTokens: 1 }) }),
  attempt({ n: 2, state: "void" }),
  attempt({ n: 3, state: "unknown", maxCostPicoUsd: 9n }),
  attempt({ n: 4, usage: usage({ inputTokens: 10, cachedInputTokens: 3, outputTokens: 2 }) }),
  attempt({ n: 5, state: "intent", maxCostPicoUsd: 1n }),
];

test("a receipt has a line for each component of each call, whatever became of it, judging included", () => {
  const { lines } = renderReceipt({ job: JOB, attempts: MANY });
  expect(
    lines.map((line) => [line.attempt, line.kind, line.component, line.tokens, line.state, line.cost_usd]),
  ).toEqual([
    [1, "classify", "input", 4, "measured", "0.0000006"],
    [1, "classify", "output", 1, "measured", "0.0000006"],
    [2, "invoke", "call", 0, "void", "0"],
    [3, "invoke", "call", 0, "at_risk", null],
    [4, "invoke", "input", 10, "measured", "0.0000015"],
    [4, "invoke", "cached_input", 3, "measured", "0.000000225"],
    [4, "invoke", "output", 2, "measured", "0.0000012"],
    [5, "invoke", "call", 0, "in_flight", null],
  ]);
  expect(lines[0]).toMatchObject({ model: "judge", price_id: "small", price_version: "7" });
});

test("tokens without a price have a line without a cost, which is at risk and not in the total", () => {
  const unpriced = attempt({
    usage: usage({ inputTokens: 1, cacheWriteTokens: 5 }),
    unpriced: "cacheWrite",
    maxCostPicoUsd: 11n,
  });
  const receipt = renderReceipt({ job: JOB, attempts: [unpriced] });
  expect(receipt.lines.map(({ component, state, cost_usd }) => [component, state, cost_usd])).toEqual([
    ["input", "unpriced", null],
    ["cache_write", "unpriced", null],
  ]);
  expect([receipt.total_usd, receipt.at_risk_usd]).toEqual(["0", formatUsd(11n)]);
});

test("what a later price adds, or takes off, is a line of its own beneath those of its call", () => {
  const row = attempt({ usage: usage({ inputTokens: 1, cacheWriteTokens: 5 }), unpriced: "cacheWrite" });
  const adjustment = (k: number, costPicoUsd: bigint) => ({
    ...{ jobId: JOB.jobId, n: 1, k, reason: "priced" as const, atMs: 1, costPicoUsd, change: {} },
    ...{ price: { ...PRICE, bookVersion: `${7 + k}` }, totals: { pk: "T", sk: "s", slot: k } },
  });
  const adjustments = [adjustment(1, 150_050n), adjustment(2, 150_040n)];
  const receipt = renderReceipt({ job: JOB, attempts: [{ ...row, adjustments }] });
  const lines = receipt.lines.map((one) => [
    one.kind,
    one.component,
    one.state,
    one.price_version,
    one.cost_usd,
  ]);
  expect(lines).toEqual([
    ["invoke", "input", "unpriced", "7", null],
    ["invoke", "cache_write", "unpriced", "7", null],
    ["adjustment", "call", "measured", "8", formatUsd(150_050n)],
    ["adjustment", "call", "measured", "9", formatUsd(-10n)],
  ]);
  expect([receipt.total_usd, receipt.at_risk_usd]).toEqual([formatUsd(150_040n), "0"]);
});

test("what was booked for a call is what its lines come to, also where that is not tokens times rates", () => {
  const booked = attempt({ usage: usage({ inputTokens: 1 }), costPicoUsd: 150_007n });
  const free = attempt({ n: 2, usage: usage({}), costPicoUsd: 0n });
  const { lines } = renderReceipt({ job: JOB, attempts: [booked, free] });
  expect(lines.map(({ attempt: n, component, cost_usd }) => [n, component, cost_usd])).toEqual([
    [1, "input", formatUsd(150_000n)],
    [1, "call", formatUsd(7n)],
    [2, "call", "0"],
  ]);
});

test("the total is the exact sum of the lines, for any calls", () => {
  const tokens = fc.nat(2_000_000_000);
  const anyAttempt = fc
    .record({
      state: fc.constantFrom("settled" as const, "void" as const, "unknown" as const, "intent" as const),
      kind: fc.constantFrom("classify" as const, "invoke" as const),
      usage: fc.record({
        ...{ inputTokens: tokens, cachedInputTokens: tokens, cacheWriteTokens: tokens },
        ...{ outputTokens: tokens, reasoningTokens: tokens },
      }),
      inputPicoUsd: fc.bigInt(0n, 10n ** 12n),
      outputPicoUsd: fc.bigInt(0n, 10n ** 12n),
      cachedInputPicoUsd: fc.option(fc.bigInt(0n, 10n ** 12n), { nil: undefined }),
    })
    .map(({ usage: taken, state, kind, ...rates }) =>
      attempt({
        state,
        kind,
        price: { ...PRICE, ...rates },
        ...(state === "settled" ? { usage: taken } : {}),
      }),
    );
  fc.assert(
    fc.property(fc.array(anyAttempt, { maxLength: 8 }), (attempts) => {
      const receipt = renderReceipt({ job: JOB, attempts });
      const sum = receipt.lines.reduce((total, line) => total + parseUsd(line.cost_usd ?? "0"), 0n);
      expect(receipt.total_usd).toBe(formatUsd(sum));
    }),
  );
});

test("the text says the same in columns", () => {
  expect(
    receiptText(renderReceipt({ job: { ...JOB, baselinePicoUsd: 1n }, attempts: MANY.slice(2, 4) })),
  ).toBe(`receipt of job_00000000000000000000000000, succeeded, in USD

attempt  kind    model      component     tokens  price_id  price_version  state        cost_usd
      3  invoke  sim-small  call               0  small     7              at_risk             -
      4  invoke  sim-small  input             10  small     7              measured    0.0000015
      4  invoke  sim-small  cached_input       3  small     7              measured  0.000000225
      4  invoke  sim-small  output             2  small     7              measured    0.0000012

total_usd      0.000002925
estimated_usd  0
at_risk_usd    0.000000000009
baseline_usd   0.000000000001
saved_usd      -0.000002924999
`);
});

test("reasoning, an hour in the cache and a fee for the call have lines of their own, at the tier that served it", () => {
  const price = {
    ...{ ...PRICE, cacheWrite1hPicoUsd: 4n, requestPicoUsd: 9n },
    tiers: [{ serviceTier: "flex", inputPicoUsd: 1n, outputPicoUsd: 2n, cacheWrite1hPicoUsd: 3n }],
  };
  const took = usage({ cacheWriteTokens: 5, cacheWrite1hTokens: 5, outputTokens: 10, reasoningTokens: 4 });
  const row = attempt({ price, usage: took, serviceTier: "flex", costPicoUsd: 44n });
  const { lines, total_usd } = renderReceipt({ job: JOB, attempts: [row] });
  expect(lines.map((line) => [line.component, line.tokens, line.cost_usd])).toEqual([
    ["cache_write_1h", 5, formatUsd(15n)],
    ["output", 6, formatUsd(12n)],
    ["reasoning", 4, formatUsd(8n)],
    ["request", 0, formatUsd(9n)],
  ]);
  expect(total_usd).toBe(formatUsd(44n));
});

test("an estimated call has lines without a cost: its guess is told beneath them", () => {
  const estimate = { method: "utf8-bytes/3", usage: usage({ inputTokens: 4 }), costPicoUsd: 7n };
  const { lines, ...sums } = renderReceipt({
    job: JOB,
    attempts: [attempt({ estimate, maxCostPicoUsd: 9n })],
  });
  expect(lines).toMatchObject([{ component: "input", tokens: 4, state: "estimated", cost_usd: null }]);
  expect(sums).toMatchObject({ total_usd: "0", estimated_usd: formatUsd(7n), at_risk_usd: formatUsd(9n) });
});
