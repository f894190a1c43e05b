import type { AttemptRow } from "@switchyard/shared/ledger";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { driftsOf } from "./drift.ts";
import { FORMATS } from "./formats.ts";
import { CLASSES } from "./groups.ts";
import { type ReconcileOptions, reconcile } from "./reconcile.ts";
import { isAlike, type Reconciliation, renderJson, renderText } from "./report.ts";

const DAY = Date.UTC(2026, 5, 1, 12);
const MODELS = [
  { id: "small", providerId: "simulated", providerModel: "sim-small" },
  { id: "twin", providerId: "simulated", providerModel: "sim-small" },
  { id: "nano", providerId: "openai", providerModel: "gpt-4.1-nano" },
  { id: "claude", providerId: "bedrock", providerModel: "us.anthropic.claude-sonnet-4-5-20250929-v1:0" },
];

/** A row as far as it is compared. */
function row(overrides: Partial<AttemptRow> = {}): AttemptRow {
  const usage = {
    inputTokens: 6,
    cachedInputTokens: 4,
    cacheWriteTokens: 0,
    outputTokens: 2,
    reasoningTokens: 0,
  };
  const settled = { usage, costPicoUsd: 44n };
  const { state = "settled" } = overrides;
  return {
    ...{ jobId: "job_1", n: 1, generation: 1, state, modelId: "small", providerId: "simulated" },
    ...{ startedAt: DAY, maxCostPicoUsd: 1_000n, ...(state === "settled" ? settled : {}) },
    ...overrides,
  } as AttemptRow;
}

function bill(attemptId: string | null, overrides: object = {}): string {
  return JSON.stringify({
    ...{ attemptId, jobId: "job", requestId: "r", model: "sim-small", inputTokens: 10, cachedInputTokens: 4 },
    ...{ outputTokens: 2, costPicoUsd: "44", startedAtMs: DAY, ...overrides },
  });
}

async function* each<Value>(values: Iterable<Value>) {
  yield* values;
}

type Given = Partial<Omit<ReconcileOptions, "lines" | "format">> & {
  format?: string;
  told?: string[];
  adjustments?: unknown[];
};

function compare(lines: readonly string[], rows: readonly AttemptRow[], given: Given = {}) {
  const { format = "simulator", told = [], adjustments = [], ...rest } = given;
  const found = FORMATS[format];
  if (found === undefined) throw new Error(format);
  const audit = { attempts: () => each([{ attempts: [...rows], adjustments, broken: [] }]) };
  return reconcile({
    ledger: { audit } as unknown as ReconcileOptions["ledger"],
    ...{ lines: each(lines), file: "file", format: { ...found, id: format }, providers: found.providers },
    ...{ models: MODELS, named: new Map(), isSettling: false, onProblem: (text) => void told.push(text) },
    ...rest,
  }) as Promise<Reconciliation>;
}

/** How many groups are in which class. */
function counts({ classes }: Reconciliation) {
  return Object.fromEntries(
    CLASSES.filter((name) => classes[name].groups > 0).map((name) => [name, classes[name].groups]),
  );
}

describe("call by call", () => {
  it("tells what matches, what differs and by how much, and what is on one side alone", async () => {
    const rows = [1, 2, 3, 4, 5, 6].map((n) =>
      row({
        n,
        ...(n === 4
          ? { state: "unknown" }
          : n === 5
            ? { state: "void" }
            : n === 6
              ? { state: "intent" }
              : {}),
      }),
    );
    const lines = [
      bill("job_1.1"),
      bill("job_1.2", { costPicoUsd: "45" }),
      bill("job_9.1", { model: "other" }),
    ];
    const found = await compare(lines, rows);
    expect(counts(found)).toEqual({ matched: 2, differs: 1, ours_only: 1, theirs_only: 1, at_risk: 2 });
    expect(isAlike(found)).toBe(false);
    expect(renderJson(found)).toMatchObject({
      ...{ object: "reconciliation", from: "2026-06-01", to: "2026-06-01", matches: false },
      models: {
        small: { difference_usd: "-0.000000000043", at_risk_usd: "0.000000002" },
        none: { difference_usd: "0.000000000044", lines: 1, calls: 0 },
      },
      differences: expect.arrayContaining([
        expect.objectContaining({
          class: "differs",
          name: "job_1.2",
          first_line: 2,
          difference_usd: "0.000000000001",
        }),
      ]),
    });
    expect(renderText(found).join("\n")).toContain("they say +0.000000000001 USD");
  });

  it("says nothing of calls at risk and refused ones where the file is right not to have them", async () => {
    const rows = [row(), row({ n: 2, state: "void" }), row({ n: 3, state: "unknown" })];
    const found = await compare([bill("job_1.1")], rows);
    expect(isAlike(found)).toBe(true);
    expect(found.classes.at_risk.atRiskPicoUsd).toBe(1_000n);
  });

  it("tells a call that was billed twice, and one whose cost is not known here", async () => {
    const estimate = row({ n: 2 });
    delete estimate.costPicoUsd;
    const found = await compare([bill("job_1.1"), bill("job_1.1"), bill("job_1.2")], [row(), estimate]);
    expect(counts(found)).toEqual({ differs: 2 });
  });

  it("takes what a call costs by its last adjustment", async () => {
    const unpriced = row();
    delete unpriced.costPicoUsd;
    const adjustments = [
      { jobId: "job_1", n: 1, k: 2, costPicoUsd: 44n },
      { jobId: "job_1", n: 1, k: 1, costPicoUsd: 43n },
      { jobId: "job_2", n: 1, k: 1, costPicoUsd: 7n },
    ];
    const found = await compare([bill("job_1.1")], [unpriced], { adjustments });
    expect(counts(found)).toEqual({ matched: 1 });
    expect(found.classes.matched.atRiskPicoUsd).toBe(0n);
  });

  it("finds a call by the provider's id where the line does not name ours", async () => {
    const rows = [row({ providerRequestId: "req_7" }), row({ n: 2, providerRequestId: "req_8" })];
    const found = await compare([bill(null, { requestId: "req_7" }), bill("job_1.2")], rows);
    expect(counts(found)).toEqual({ matched: 2 });
  });

  it("keeps both sides of a call together over midnight, and leaves out what is outside of the period", async () => {
    const midnight = Date.UTC(2026, 5, 2);
    const rows = [row({ startedAt: midnight - 1 }), row({ n: 2, startedAt: midnight - 86_400_000 })];
    const found = await compare([bill("job_1.1", { startedAtMs: midnight })], rows, { from: "2026-06-02" });
    expect(counts(found)).toEqual({ matched: 1 });
  });

  it("compares nothing on any doubt, and tells all of them", async () => {
    const told: string[] = [];
    expect(
      await compare([bill("job_1.1"), "{", bill("job_1.2", { outputTokens: -1 })], [], { told }),
    ).toBeNull();
    expect(told).toEqual([expect.stringMatching(/^line 2 /), expect.stringMatching(/^line 3 /)]);
    told.length = 0;
    expect(await compare([bill("job_1.1")], [row()], { told, to: "2026-05-31" })).toBeNull();
    expect(told).toEqual(["no line of the period"]);
  });
});

describe("by day and model", () => {
  const header =
    "start_time,end_time,model,input_tokens,input_cached_tokens,output_tokens,num_model_requests";
  const start = Date.UTC(2026, 5, 1) / 1_000;
  const usage = (calls: number, model = "gpt-4.1-nano-2025-04-14") =>
    `${start},${start + 86_400},${model},${calls * 10},${calls * 4},${calls * 2},${calls}`;
  const own = (n: number, overrides: Partial<AttemptRow> = {}) =>
    row({ n, modelId: "nano", providerId: "openai", ...overrides });

  it("compares what the export says, tokens and calls, whatever the model is dated", async () => {
    const rows = [own(1), own(2), own(3, { startedAt: DAY - 86_400_000 })];
    const found = await compare([header, usage(1), usage(1)], rows, { format: "openai" });
    expect(counts(found)).toEqual({ matched: 1 });
    expect(driftsOf(found, 7)).toEqual([
      {
        ...{ modelId: "nano", atMs: 7, from: "2026-06-01", to: "2026-06-01", format: "openai" },
        ...{ ourPicoUsd: 88n, ourTokens: 24, theirTokens: 24 },
      },
    ]);
  });

  it("differs by a call of unknown outcome that was billed, and says what is at risk", async () => {
    const rows = [own(1), own(2, { state: "unknown" })];
    const found = await compare([header, usage(2), usage(1, "other")], rows, { format: "openai" });
    expect(counts(found)).toEqual({ differs: 1, theirs_only: 1 });
    expect(found.classes.differs).toMatchObject({ calls: 2, atRiskPicoUsd: 1_000n });
  });

  it("adds up the lines of a model of Bedrock, one for each kind of tokens", async () => {
    const columns =
      "line_item_product_code,line_item_line_item_type,line_item_usage_start_date,line_item_usage_type,line_item_usage_amount,pricing_unit,line_item_unblended_cost,line_item_currency_code";
    const line = (tokens: string, amount: string, cost: string) =>
      `AmazonBedrock,Usage,2026-06-01T12:00:00Z,USE1-${tokens},${amount},1K tokens,${cost},USD`;
    const lines = [
      columns,
      line("Claude4.5Sonnet-input-tokens-cross-region-global", "0.006", "0.000000000020"),
      line("Claude4.5Sonnet-cache-read-input-token-count", "0.004", "0.000000000010"),
      line("Claude4.5Sonnet-output-tokens", "0.002", "0.000000000014"),
    ];
    const rows = [row({ modelId: "claude", providerId: "bedrock" })];
    expect(counts(await compare(lines, rows, { format: "aws-cur" }))).toEqual({ matched: 1 });
    const strange = lines.map((text) => text.replace("Claude4.5Sonnet", "Strange"));
    expect(counts(await compare(strange, rows, { format: "aws-cur" }))).toEqual({
      ours_only: 1,
      theirs_only: 1,
    });
    const named = new Map([["Strange", "claude"]]);
    expect(counts(await compare(strange, rows, { format: "aws-cur", named }))).toEqual({ matched: 1 });
  });
});

describe("whatever there is on either side", () => {
  const STATES = ["intent", "settled", "void", "unknown"] as const;
  const rows = fc.uniqueArray(
    fc.record({
      n: fc.integer({ min: 1, max: 12 }),
      state: fc.constantFrom(...STATES),
      modelId: fc.constantFrom("small", "twin", "gone"),
      costPicoUsd: fc.bigInt({ min: 0n, max: 3n }),
    }),
    { selector: ({ n }) => n },
  );
  const lines = fc.array(
    fc.record({
      n: fc.integer({ min: 1, max: 15 }),
      costPicoUsd: fc.bigInt({ min: 0n, max: 3n }),
    }),
    { minLength: 1, maxLength: 20 },
  );

  it("each line and each call is in one class, of one model, and the sums are those of both sides", async () => {
    await fc.assert(
      fc.asyncProperty(rows, lines, async (ownRows, ownLines) => {
        const calls = ownRows.map(({ costPicoUsd, ...own }) =>
          row({
            ...own,
            providerRequestId: `req_${own.n}`,
            ...(own.state === "settled" ? { costPicoUsd } : {}),
          }),
        );
        // Were a call named both ways in one file, the line that names it by ours would be another's.
        const stated = ownLines.map(({ n, costPicoUsd }) =>
          bill(n % 2 === 0 ? `job_1.${n}` : null, {
            requestId: `req_${n}`,
            costPicoUsd: String(costPicoUsd),
          }),
        );
        const found = await compare(stated, calls);
        for (const parts of [Object.values(found.classes), [...found.models.values()]]) {
          const sum = <Value>(of: (part: (typeof parts)[number]) => Value) => parts.map(of);
          const money = (amounts: (bigint | null)[]) =>
            amounts.reduce<bigint>((all, one) => all + (one ?? 0n), 0n);
          const count = (all: number[]) => all.reduce((one, other) => one + other, 0);
          expect(count(sum(({ lines: n }) => n))).toBe(stated.length);
          expect(count(sum(({ calls: n }) => n))).toBe(calls.length);
          expect(money(sum(({ ours }) => ours.costPicoUsd))).toBe(
            money(calls.map((call) => (call.state === "settled" ? (call.costPicoUsd ?? 0n) : 0n))),
          );
          expect(money(sum(({ theirs }) => theirs.costPicoUsd))).toBe(
            money(ownLines.map((line) => line.costPicoUsd)),
          );
        }
        expect(counts(found)).toEqual(expected(calls, ownLines));
      }),
      { numRuns: 60 },
    );
  });

  /** The classes by another way: each name by itself. */
  function expected(calls: readonly AttemptRow[], stated: readonly { n: number; costPicoUsd: bigint }[]) {
    const all = new Set([...calls.map(({ n }) => n), ...stated.map(({ n }) => n)]);
    const classes = [...all].map((n) => {
      const own = calls.find((call) => call.n === n);
      const theirs = stated.filter((line) => line.n === n);
      if (theirs.length === 0)
        return own?.state === "settled" ? "ours_only" : own?.state === "void" ? "matched" : "at_risk";
      if (own === undefined) return "theirs_only";
      const isSame =
        theirs.length === 1 && own.state === "settled" && own.costPicoUsd === theirs[0]?.costPicoUsd;
      return isSame ? "matched" : "differs";
    });
    const groups = Map.groupBy(classes, (name) => name);
    return Object.fromEntries([...groups].map(([name, members]) => [name, members.length]));
  }
});
