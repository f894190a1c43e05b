import type { Catalogue, ConsultSettings, Model } from "@switchyard/shared/catalogue";
import { type Consultation, consultationOf } from "@switchyard/shared/consultation";
import { type Gate, JOB_CLASSES, type JobClass, UNBOUNDED } from "@switchyard/shared/contracts";
import { type Price, type PriceBook, parseUsd } from "@switchyard/shared/pricing";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { expectedSavingPicoUsd, weighGate } from "./gate.ts";
import type { Judgement } from "./judge/judge.ts";
import { createJudgementCache } from "./judgement-cache.ts";
import { Patience } from "./patience.ts";
import { type DecideRequest, type Decider, place } from "./place.ts";

const NO_LIMITS = { requestsPerMinute: null, tokensPerMinute: null, inFlight: null };
const NO_FALLBACKS = { context_window: [], content_refused: [], unavailable: [], default: [] };

function model(id: string, over: Partial<Model> = {}): Model {
  return {
    ...{ id, providerId: "p", providerModel: id, priceId: id, isPriced: true, windowTokens: 128_000 },
    ...{ maxOutputTokens: 16_000, timeoutMs: 60_000, concurrency: 4, limits: NO_LIMITS, bytesPerToken: 3 },
    ...{ strength: 10, fallbacks: NO_FALLBACKS, isActive: true, inactiveBecause: null, ...over },
  };
}

/** USD per million tokens: a small model, and the flagship that the source design classified with. */
const RATES: Record<string, [string, string]> = { mini: ["0.15", "0.60"], flagship: ["2.50", "10.00"] };

const SETTINGS: ConsultSettings = {
  ...{ modelId: "flagship", timeoutMs: 5_000, belowConfidencePpm: 600_000, maxOutputTokens: 64 },
  ...{ maxPromptBytes: 4_096, isGated: true, qualityValueUsd: "0", hasSchema: true, isReasoning: false },
};

interface Given {
  settings?: Partial<ConsultSettings>;
  request?: Partial<DecideRequest>;
  judgement?: Partial<Judgement>;
  mode?: "llm" | "hybrid";
  models?: Model[];
  routes?: Record<JobClass, string[]>;
  rates?: Record<string, [string, string]>;
  /** Consultations in a row that had no answer in time. */
  late?: number;
  shown?: () => Consultation;
}

const UNSURE: Judgement = {
  ...{ class: "COMPLEX", confidence: 0.55, reasons: [], strategy: "local", strategyVersion: "1" },
  probabilities: { SIMPLE: 0.35, CALCULATION: 0.1, COMPLEX: 0.55 },
};
const PROMPT = "Which of these two plans is the better one, and why? Keep it short.";

function weigh(given: Given = {}): Gate {
  const models = given.models ?? [model("mini"), model("flagship", { strength: 90 })];
  const settings = { ...SETTINGS, ...given.settings };
  const catalogue: Catalogue = {
    providers: new Map(),
    models: new Map(models.map((entry) => [entry.id, entry])),
    routes: given.routes ?? { SIMPLE: ["mini"], CALCULATION: ["mini"], COMPLEX: ["flagship"] },
    classifier: {
      mode: given.mode ?? "hybrid",
      expectedOutputTokens: { SIMPLE: 2_000, CALCULATION: 2_000, COMPLEX: 8_000 },
      llm: settings,
      holdoutPpm: 0,
    },
    defaults: { deadlineMs: 60_000, maxOutputTokens: 1_000 },
    attempts: { max: 3, maxUnknown: 2 },
    retention: { contentDays: 1 },
    tags: [],
    budgets: {},
    tenantClasses: { names: [], byTenant: new Map() },
    unpriced: { tenants: new Map(), others: { policy: "refuse", cap: null } },
  };
  const prices = bookOf(given.rates ?? RATES);
  const judgement = { ...UNSURE, ...given.judgement };
  const judge = { judge: () => judgement };
  const patience = new Patience();
  for (let late = 0; late < (given.late ?? 0); late += 1) patience.heard(settings.modelId, true);
  const decider: Decider = { catalogue, prices, judge, cache: createJudgementCache(), patience };
  const request: DecideRequest = {
    ...{ messages: [{ role: "user", content: PROMPT }], modelRequested: "auto", promptBytes: 90 },
    ...{
      maxOutputTokens: 8_000,
      maxCostUsd: null,
      bounds: UNBOUNDED,
      timeLeftMs: null,
      lot: null,
      tenant: null,
      payer: null,
      atMs: 0,
    },
    ...given.request,
  };
  const placed = place(decider, request, judgement.class);
  const shown = given.shown ?? (() => consultationOf(request.messages, settings.maxPromptBytes));
  return weighGate(decider, request, { judgement, placed, settings, shown });
}

function bookOf(rates: Record<string, [string, string]>): PriceBook {
  const priceOf = (id: string, [input, output]: [string, string]): [string, Price] => {
    const inputPicoUsd = parseUsd(input) / 1_000_000n;
    return [id, { id, bookVersion: "1", inputPicoUsd, outputPicoUsd: parseUsd(output) / 1_000_000n }];
  };
  const prices = new Map(Object.entries(rates).map(([id, pair]) => priceOf(id, pair)));
  return { version: "1", find: ({ priceId }) => prices.get(priceId) ?? null, has: (id) => prices.has(id) };
}

describe("the source design's own numbers: about 0.0015 USD for a flagship to judge a job", () => {
  test("are what such a call is weighed at", () => {
    const messages = [{ role: "user" as const, content: PROMPT.repeat(10) }];
    const price = Number(weigh({ request: { messages } }).price_usd);
    expect(price).toBeGreaterThan(0.0014);
    expect(price).toBeLessThan(0.0016);
  });

  test("are those of an answer of ten tokens, or of all it may take where the model reasons", () => {
    const priceOf = (settings: Partial<ConsultSettings>) => parseUsd(weigh({ settings }).price_usd);
    const [cheap, reasoning] = [priceOf({}), priceOf({ isReasoning: true })];
    expect(reasoning - cheap).toBe(54n * 10_000_000n);
    expect(priceOf({ maxOutputTokens: 1_000 })).toBe(cheap);
    expect(priceOf({ maxOutputTokens: 4 })).toBe(cheap - 6n * 10_000_000n);
  });

  test("are not spent on a job whose cheap and strong route differ by less", () => {
    const gate = weigh({ request: { maxOutputTokens: 50 } });
    expect(gate).toMatchObject({ asked: false, reason: "cannot_pay" });
    // Both routes with 50 tokens of answer and (90 / 3 + 16) of prompt: 0.45 of what the flagship costs more.
    const differencePicoUsd = 46n * (2_500_000n - 150_000n) + 50n * (10_000_000n - 600_000n);
    expect(parseUsd(gate.expected_saving_usd)).toBe((differencePicoUsd * 45n) / 100n);
    expect(Number(gate.expected_saving_usd)).toBeLessThan(0.0015);
  });

  test("are spent on a job with room for a long answer, whose routes differ by far more", () => {
    const gate = weigh({ request: { maxOutputTokens: 8_000 } });
    expect(gate).toMatchObject({ asked: true, reason: "pays", confidence: 0.55 });
    const differencePicoUsd = 46n * (2_500_000n - 150_000n) + 2_000n * (10_000_000n - 600_000n);
    expect(parseUsd(gate.expected_saving_usd)).toBe((differencePicoUsd * 45n) / 100n);
  });
});

describe("a move up", () => {
  const SIMPLE = {
    class: "SIMPLE",
    probabilities: { SIMPLE: 0.55, CALCULATION: 0.1, COMPLEX: 0.35 },
  } as const;

  test("costs money and saves none, so that without a value of quality nobody is asked", () => {
    expect(weigh({ judgement: SIMPLE })).toMatchObject({ reason: "cannot_pay", expected_saving_usd: "0" });
  });

  test("is worth asking for where quality is worth more than the dearer model", () => {
    const gate = weigh({ judgement: SIMPLE, settings: { qualityValueUsd: "0.5" } });
    expect(gate).toMatchObject({ asked: true, reason: "pays" });
    const dearerPicoUsd = 46n * (2_500_000n - 150_000n) + 8_000n * (10_000_000n - 600_000n);
    expect(parseUsd(gate.expected_saving_usd)).toBe((35n * (parseUsd("0.5") - dearerPicoUsd)) / 100n);
  });

  test("is worth nothing where the job's bounds forbid it", () => {
    const request = { bounds: { min: null, max: "CALCULATION" as const } };
    const settings = { qualityValueUsd: "0.5" };
    expect(weigh({ judgement: SIMPLE, request, settings })).toMatchObject({ reason: "no_choice" });
  });
});

describe("nobody is asked", () => {
  test.each<[string, Given, Gate["reason"]]>([
    ["when the local judge is sure", { judgement: { confidence: 0.6 } }, "confident"],
    ["when the job's model is named", { request: { modelRequested: "mini" } }, "no_choice"],
    [
      "when one model is the cheapest for every class",
      { routes: { SIMPLE: ["mini"], CALCULATION: ["mini"], COMPLEX: ["flagship", "mini"] } },
      "no_choice",
    ],
    ["when the job is due too soon", { request: { timeLeftMs: 9_999 } }, "deadline"],
    ["when it would take what the answer needs", { request: { maxCostUsd: "0.082" } }, "cost_limit"],
    ["when the model was late for the jobs before", { late: 3 }, "too_slow"],
    [
      "when the model is not active",
      { settings: { modelId: "judge" }, models: [...bothAnd(model("judge", { isActive: false }))] },
      "inactive",
    ],
    [
      "when the model has no price",
      { settings: { modelId: "judge" }, models: [...bothAnd(model("judge"))] },
      "unpriced",
    ],
  ])("%s", (_, given, reason) => {
    expect(weigh(given)).toMatchObject({ asked: false, reason });
  });

  function bothAnd(third: Model): Model[] {
    return [model("mini"), model("flagship", { strength: 90 }), third];
  }
});

test("what the model would be sent is only looked at where its price matters", () => {
  expect(weigh({ judgement: { confidence: 0.6 } })).toMatchObject({
    price_usd: "0",
    expected_saving_usd: "0",
  });
  for (const given of [
    { judgement: { confidence: 0.6 } },
    { request: { modelRequested: "mini" } },
    { late: 3 },
  ] satisfies Given[]) {
    const shown = vi.fn(() => consultationOf([], 256));
    weigh({ ...given, shown });
    expect(shown).not.toHaveBeenCalled();
  }
});

test("an answer that the job's limit cannot pay for at its most is no choice", () => {
  const judgement = {
    class: "SIMPLE",
    probabilities: { SIMPLE: 0.5, CALCULATION: 0, COMPLEX: 0.5 },
  } as const;
  const settings = { qualityValueUsd: "0.5" };
  // The flagship is expected to take 0.08 of it, and may take 0.16.
  const request = { maxOutputTokens: 16_000 };
  const limited = { ...request, maxCostUsd: "0.1" };
  expect(weigh({ judgement, settings, request })).toMatchObject({ reason: "pays" });
  expect(weigh({ judgement, settings, request: limited })).toMatchObject({ reason: "no_choice" });
});

test("mode llm asks about what the local judge is sure of, too, and without arithmetic unless it is told to", () => {
  const sure: Given = { mode: "llm", judgement: { confidence: 0.99 } };
  expect(weigh({ ...sure, settings: { isGated: false } })).toMatchObject({ asked: true, reason: "no_gate" });
  expect(weigh({ ...sure, request: { maxOutputTokens: 50 } })).toMatchObject({ reason: "cannot_pay" });
});

test("a job with a cost limit that covers both is judged", () => {
  expect(weigh({ request: { maxCostUsd: "0.2" } })).toMatchObject({ asked: true, reason: "pays" });
});

describe("the expected saving", () => {
  const pico = fc.bigInt(0n, 10n ** 15n);
  const three = <Value>(value: fc.Arbitrary<Value>) =>
    fc.record({ SIMPLE: value, CALCULATION: value, COMPLEX: value });
  const given = fc.record({
    probabilitiesPpm: fc
      .tuple(fc.nat(1_000_000), fc.nat(1_000_000))
      .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
      .map(([a, b]) => ({ SIMPLE: a, CALCULATION: b - a, COMPLEX: 1_000_000 - b })),
    chosen: fc.constantFrom(...JOB_CLASSES),
    costs: three(three(pico)),
    qualityValuePicoUsd: pico,
  });

  test("is the exact sum over the true classes, whole pico-dollars, and never below nothing", () => {
    fc.assert(
      fc.property(given, (one) => {
        const { probabilitiesPpm: p, chosen, costs, qualityValuePicoUsd: q } = one;
        let times1e6 = 0n;
        for (const truth of JOB_CLASSES) {
          times1e6 += BigInt(p[truth]) * costs[chosen][truth];
          times1e6 -= BigInt(p[truth]) * costs[truth][truth];
        }
        if (chosen !== "COMPLEX") times1e6 += BigInt(p.COMPLEX) * q;
        expect(expectedSavingPicoUsd(one)).toBe(times1e6 > 0n ? times1e6 / 1_000_000n : 0n);
      }),
    );
  });

  test("is nothing for a judge that is certain, whatever anything costs", () => {
    fc.assert(
      fc.property(given, ({ chosen, ...rest }) => {
        const certain = { SIMPLE: 0, CALCULATION: 0, COMPLEX: 0, [chosen]: 1_000_000 };
        expect(expectedSavingPicoUsd({ ...rest, chosen, probabilitiesPpm: certain })).toBe(0n);
      }),
    );
  });
});
