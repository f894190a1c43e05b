import { describe, expect, test } from "vitest";
import type { Catalogue, ConsultSettings, Model } from "../catalogue/index.ts";
import { UNBOUNDED } from "../contracts/index.ts";
import { formatUsd, type Price, type PriceBook } from "../pricing/index.ts";
import { type CeilingRequest, ceilingOf, worstCaseOf } from "./ceiling.ts";

const NO_LIMITS = { requestsPerMinute: null, tokensPerMinute: null, inFlight: null };
const NONE = { context_window: [], content_refused: [], unavailable: [], default: [] };

function model(id: string, over: Partial<Model> = {}): Model {
  return {
    ...{ id, providerId: "p", providerModel: id, priceId: id, isPriced: true, windowTokens: 128_000 },
    ...{ maxOutputTokens: 16_000, timeoutMs: 60_000, concurrency: 4, limits: NO_LIMITS, bytesPerToken: 3 },
    ...{ strength: 10, fallbacks: NONE, isActive: true, inactiveBecause: null, ...over },
  };
}

/** Pico-dollars per token: prompt tokens are free here, so that a worst case is the answer's tokens times this. */
const OUTPUT: Record<string, bigint> = {
  small: 1n,
  middle: 10n,
  large: 100n,
  other: 1_000n,
  asleep: 10_000n,
};
const prices: PriceBook = {
  version: "1",
  has: (id) => Object.hasOwn(OUTPUT, id),
  find({ priceId }): Price | null {
    const outputPicoUsd = OUTPUT[priceId];
    return outputPicoUsd === undefined
      ? null
      : { id: priceId, bookVersion: "1", inputPicoUsd: 0n, outputPicoUsd };
  },
};

const LLM: ConsultSettings = {
  ...{ modelId: "small", timeoutMs: 5_000, belowConfidencePpm: 600_000, maxOutputTokens: 64 },
  ...{ maxPromptBytes: 4_096, isGated: true, qualityValueUsd: "0", hasSchema: true, isReasoning: false },
};

/** One tenant may call models without a price, within a cap in USD per million tokens. */
const REFUSE = { policy: "refuse", cap: null } as const;
const ALLOW = { policy: "allow", cap: { input: "0", output: "40" } } as const;
const UNPRICED = { others: REFUSE, tenants: new Map([["bold", ALLOW]]) };

function installation({
  models = MODELS,
  llm = null,
  holdoutPpm = 0,
}: {
  models?: Model[];
  llm?: ConsultSettings | null;
  holdoutPpm?: number;
} = {}) {
  const catalogue = {
    models: new Map(models.map((one) => [one.id, one])),
    routes: { SIMPLE: ["small"], CALCULATION: ["small", "middle"], COMPLEX: ["large", "gone"] },
    classifier: { llm, holdoutPpm },
    defaults: { deadlineMs: 1, maxOutputTokens: 1_000 },
    unpriced: UNPRICED,
  } as unknown as Catalogue;
  return { catalogue, prices };
}

const MODELS = [
  model("small"),
  model("middle"),
  model("large"),
  model("other"),
  model("asleep", { isActive: false }),
  model("unpriced"),
];

const REQUEST: CeilingRequest = {
  ...{
    tenant: "acme",
    model: "auto",
    promptBytes: 300,
    maxOutputTokens: null,
    maxCostUsd: null,
    bounds: UNBOUNDED,
    atMs: 0,
  },
};

const ceiling = (over: Partial<CeilingRequest> = {}, given?: Parameters<typeof installation>[0]) =>
  ceilingOf(installation(given), { ...REQUEST, ...over });

describe("the ceiling of a job", () => {
  test("is that of the dearest model that its routes name, at the longest answer", () => {
    expect(ceiling()).toBe(100_000n);
    expect(ceiling({ maxOutputTokens: 7 })).toBe(700n);
    expect(ceiling({ maxOutputTokens: 1_000_000 })).toBe(1_600_000n);
  });

  test("leaves out the classes that its bounds exclude", () => {
    expect(ceiling({ bounds: { min: null, max: "CALCULATION" } })).toBe(10_000n);
    expect(ceiling({ bounds: { min: "COMPLEX", max: null } })).toBe(100_000n);
  });

  test("follows fallbacks as far as they lead, through models that are not active", () => {
    const falls = (from: string, to: string, over: Partial<Model> = {}) =>
      model(from, { fallbacks: { ...NONE, unavailable: [to] }, ...over });
    const models = [
      falls("small", "asleep"),
      falls("asleep", "other", { isActive: false }),
      falls("other", "small"),
    ];
    expect(ceiling({}, { models })).toBe(1_000_000n);
  });

  test("is that of any active model where jobs like it are held out, which go to the strongest", () => {
    expect(ceiling({}, { holdoutPpm: 1 })).toBe(1_000_000n);
    expect(ceiling({ bounds: { min: null, max: "COMPLEX" } }, { holdoutPpm: 1 })).toBe(1_000_000n);
  });

  test.each([
    ["names its model", { model: "small" }, 1_000n],
    ["may not be of the most demanding class", { bounds: { min: null, max: "SIMPLE" } }, 1_000n],
    ["may be of any but that", { bounds: { min: null, max: "CALCULATION" } }, 10_000n],
  ] as const)("is no higher for a holdout where the job %s, and is never drawn", (_, request, picoUsd) => {
    expect(ceiling(request, { holdoutPpm: 1 })).toBe(picoUsd);
  });

  test("of a model asked for by name is its own, whatever else there is", () => {
    expect(ceiling({ model: "small" })).toBe(1_000n);
    expect(ceiling({ model: "other" })).toBe(1_000_000n);
  });

  test("contains what judging the job may cost, unless its model is named", () => {
    expect(ceiling({}, { llm: LLM })).toBe(100_000n + 64n);
    expect(ceiling({ model: "small" }, { llm: LLM })).toBe(1_000n);
    expect(ceiling({}, { llm: { ...LLM, modelId: "asleep" } })).toBe(100_000n);
  });

  test("is never above what its own limit leaves", () => {
    expect(ceiling({ maxCostUsd: formatUsd(500n) })).toBe(500n);
    expect(ceiling({ maxCostUsd: formatUsd(500n), spentPicoUsd: 200n })).toBe(300n);
    expect(ceiling({ maxCostUsd: formatUsd(500n), spentPicoUsd: 600n })).toBe(0n);
    expect(ceiling({ maxCostUsd: "1" })).toBe(100_000n);
  });
});

test("a model without a price costs what its tenant's cap says, where there is one", () => {
  expect(ceiling({ tenant: "bold", model: "unpriced" })).toBe(1_000n * 40_000_000n);
  expect(ceiling({ model: "unpriced" })).toBe(0n);
});

test("a call that would not be made costs nothing: no price, or no room for an answer", () => {
  const worst = (one: Model) => worstCaseOf(installation(), one, REQUEST);
  expect(worst(model("unpriced"))).toBe(0n);
  expect(worst(model("small", { windowTokens: 50 }))).toBe(0n);
  expect(worst(model("small", { windowTokens: 130 }))).toBe(14n);
});

describe("a prompt that has rates as estimated, and may be longer than its service tier has rates for", () => {
  // 300 bytes are some 116 tokens, and 316 at most.
  const flex = model("flex", { serviceTier: "flex" });
  const long = { serviceTier: "default", context: { comparator: ">", tokens: 200 } } as const;
  const price: Price = {
    ...{ id: "flex", bookVersion: "1", serviceTier: "flex", inputPicoUsd: 0n, outputPicoUsd: 4n },
    tiers: [
      { serviceTier: "flex", inputPicoUsd: 0n, outputPicoUsd: 2n },
      { ...long, inputPicoUsd: 0n, outputPicoUsd: 8n },
    ],
  };
  const given = installation({ models: [{ ...flex, id: "small" }, flex] });
  const sold = { ...given, prices: { ...prices, find: () => price } };

  test.each(["flex", "auto"])("bounds a job for %s by the dearest rates that it may be billed at", (name) => {
    expect(ceilingOf(sold, { ...REQUEST, model: name })).toBe(8_000n);
  });

  test("is bounded by its tenant's cap where that is dearer", () => {
    expect(ceilingOf(sold, { ...REQUEST, model: "flex", tenant: "bold" })).toBe(1_000n * 40_000_000n);
  });

  test("keeps its bound once its model is chosen", () => {
    expect(worstCaseOf(sold, flex, REQUEST)).toBe(8_000n);
    expect(worstCaseOf(sold, flex, { ...REQUEST, promptBytes: 600 })).toBe(0n);
  });
});
