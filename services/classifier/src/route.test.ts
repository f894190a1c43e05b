import type { Catalogue, Model } from "@switchyard/shared/catalogue";
import { JOB_CLASSES } from "@switchyard/shared/contracts";
import { type Price, type PriceBook, parseUsd } from "@switchyard/shared/pricing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type RouteRequest, routeJob } from "./route.ts";

const NONE = { context_window: [], content_refused: [], unavailable: [], default: [] };

function model(id: string, over: Partial<Model> = {}): Model {
  return {
    id,
    providerId: "sim",
    providerModel: id,
    priceId: id,
    isPriced: true,
    windowTokens: 8_000,
    maxOutputTokens: 1_000,
    timeoutMs: 60_000,
    concurrency: 4,
    limits: { requestsPerMinute: null, tokensPerMinute: null, inFlight: null },
    bytesPerToken: 4,
    strength: 10,
    fallbacks: NONE,
    isActive: true,
    inactiveBecause: null,
    ...over,
  };
}

const SMALL = model("small", { strength: 10 });
const LARGE = model("large", { strength: 90, windowTokens: 128_000 });
const OTHER = model("other", { strength: 50 });
/** Per token; the book of every test unless it says otherwise. */
const RATES = { small: 1n, other: 3n, large: 10n };

function catalogueOf(models: readonly Model[], route: readonly string[] = ["large", "small"]): Catalogue {
  return {
    providers: new Map(),
    models: new Map(models.map((entry) => [entry.id, entry])),
    routes: { SIMPLE: route, CALCULATION: route, COMPLEX: route },
    classifier: {
      mode: "local",
      expectedOutputTokens: { SIMPLE: 100, CALCULATION: 200, COMPLEX: 800 },
      llm: null,
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
}

function bookOf(rates: Record<string, bigint>): PriceBook {
  const prices = new Map<string, Price>(
    Object.entries(rates).map(([id, rate]) => [
      id,
      { id, bookVersion: "1", inputPicoUsd: rate, outputPicoUsd: 2n * rate },
    ]),
  );
  return { version: "1", find: ({ priceId }) => prices.get(priceId) ?? null, has: (id) => prices.has(id) };
}

const REQUEST: RouteRequest = {
  class: "SIMPLE",
  modelRequested: "auto",
  promptBytes: 400,
  maxOutputTokens: null,
  maxCostUsd: null,
  atMs: 0,
};

/** 400 bytes are 100 tokens and 16 of overhead; 100 tokens of answer cost double: 316 rates. */
const COST_PER_RATE = 316n;

interface Given {
  models?: readonly Model[];
  route?: readonly string[];
  rates?: Record<string, bigint>;
}

function route(request: Partial<RouteRequest> = {}, given: Given = {}) {
  const catalogue = catalogueOf(given.models ?? [SMALL, OTHER, LARGE], given.route);
  return routeJob(catalogue, bookOf(given.rates ?? RATES), { ...REQUEST, ...request });
}

function reasonsOf(candidates: ReturnType<typeof route>["candidates"]) {
  return Object.fromEntries(candidates.map(({ model: id, rejected_because }) => [id, rejected_because]));
}

describe("which model is chosen", () => {
  test("the cheapest of the route, wherever it stands there", () => {
    const { modelId, expectedCostUsd, candidates } = route();
    expect(modelId).toBe("small");
    expect(parseUsd(expectedCostUsd)).toBe(COST_PER_RATE);
    expect(reasonsOf(candidates)).toEqual({
      small: null,
      other: "not in the route of this class",
      large: "dearer than small",
    });
  });

  test("of equally cheap ones the first in the route", () => {
    const rates = { small: 5n, other: 5n, large: 5n };
    expect(route({}, { rates, route: ["other", "small", "large"] }).modelId).toBe("other");
    expect(route({}, { rates, route: ["large", "other", "small"] }).modelId).toBe("large");
  });

  test("a model asked for by name, though others are cheaper and its class's route is another", () => {
    const { modelId, candidates } = route({ modelRequested: "other" });
    expect(modelId).toBe("other");
    expect(reasonsOf(candidates)).toEqual({
      small: "another model was asked for",
      other: null,
      large: "another model was asked for",
    });
  });

  test("one whose window holds the prompt", () => {
    const { modelId, candidates } = route({ promptBytes: 40_000 });
    expect(modelId).toBe("large");
    expect(reasonsOf(candidates)["small"]).toBe("prompt does not fit its context window");
  });

  test("where the prompt fits none of the route, one that they fall back to for want of a window", () => {
    const small = model("small", { fallbacks: { ...NONE, context_window: ["large"] } });
    const given = { models: [small, OTHER, LARGE], route: ["small"] };
    const { modelId, candidates } = route({ promptBytes: 40_000 }, given);
    expect(modelId).toBe("large");
    expect(reasonsOf(candidates)["small"]).toBe("prompt does not fit its context window");
    expect(route({}, given).modelId).toBe("small");
    expect(() => route({ promptBytes: 40_000, modelRequested: "small" }, given)).toThrow(
      expect.objectContaining({ code: "WINDOW_EXCEEDED" }),
    );
  });

  test("one that has a price: a missing price is never taken to be nothing", () => {
    const { modelId, candidates } = route({}, { rates: { large: 10n, other: 3n } });
    expect(modelId).toBe("large");
    expect(candidates[0]).toEqual({
      model: "small",
      expected_cost_usd: null,
      rejected_because: "has no price",
    });
  });

  test("one within max_cost_usd, to the last pico-dollar", () => {
    expect(route({ maxCostUsd: "0.000000000316" }).modelId).toBe("small");
    expect(() => route({ maxCostUsd: "0.000000000315" })).toThrow(/max_cost_usd/);
  });

  test("the answer expected of the class counts, but no more of it than the job allows", () => {
    expect(parseUsd(route({ class: "COMPLEX" }).expectedCostUsd)).toBe(116n + 1_600n);
    expect(parseUsd(route({ class: "COMPLEX", maxOutputTokens: 10 }).expectedCostUsd)).toBe(116n + 20n);
  });
});

describe("what a saving is measured against", () => {
  test("the strongest model that could have taken the job, in its route or not", () => {
    const mighty = model("mighty", { strength: 99 });
    const { baseline } = route({}, { models: [SMALL, LARGE, mighty], rates: { ...RATES, mighty: 50n } });
    expect(baseline).toMatchObject({ model: "mighty", price: { id: "mighty" } });
  });

  test("never one that the prompt does not fit, that has no price or that is not active", () => {
    const narrow = model("narrow", { strength: 99, windowTokens: 100 });
    const unpriced = model("unpriced", { strength: 99 });
    const absent = model("absent", { strength: 99, isActive: false });
    const given = { models: [SMALL, narrow, unpriced, absent], rates: { small: 1n, narrow: 1n, absent: 1n } };
    expect(route({}, given).baseline.model).toBe("small");
  });

  test("the chosen model itself when it is as strong as any", () => {
    const models = [model("twin", { strength: 10 }), SMALL];
    const chosen = route({}, { models, route: ["small"], rates: { small: 1n, twin: 1n } });
    expect(chosen.baseline.model).toBe("small");
  });
});

describe("why no model can take a job", () => {
  test("one asked for by name is unknown or not active", () => {
    expect(() => route({ modelRequested: "nobody" })).toThrow(
      expect.objectContaining({ code: "MODEL_UNKNOWN" }),
    );
    const models = [SMALL, model("large", { isActive: false })];
    expect(() => route({ modelRequested: "large" }, { models })).toThrow(
      expect.objectContaining({ code: "MODEL_UNKNOWN" }),
    );
  });

  test("no model of the route is active", () => {
    expect(() => route({}, { models: [OTHER] })).toThrow(expect.objectContaining({ code: "ROUTE_MISSING" }));
  });

  test("the prompt fits none", () => {
    expect(() => route({ promptBytes: 1_000_000 })).toThrow(
      expect.objectContaining({ code: "WINDOW_EXCEEDED" }),
    );
  });

  test("none has a price", () => {
    expect(() => route({}, { rates: { other: 1n } })).toThrow(
      expect.objectContaining({ code: "PRICE_UNKNOWN" }),
    );
    expect(() => route({ modelRequested: "small" }, { rates: { large: 1n } })).toThrow(
      expect.objectContaining({ code: "PRICE_UNKNOWN" }),
    );
  });

  test("all are above max_cost_usd; the message says what the cheapest would take", () => {
    expect(() => route({ maxCostUsd: "0.0000000001" })).toThrow(
      expect.objectContaining({
        code: "COST_LIMIT_EXCEEDED",
        message: expect.stringContaining("0.000000000316"),
      }),
    );
  });

  test("a model that the prompt does not fit is not offered as the cheapest", () => {
    // 40,000 bytes fit only `large`: 10,016 tokens and 100 of answer at 10 and 20.
    expect(() => route({ promptBytes: 40_000, maxCostUsd: "0.0000000001" })).toThrow(
      expect.objectContaining({ message: expect.stringContaining("0.00000010216") }),
    );
  });
});

const anyModel = fc.record({
  windowTokens: fc.constantFrom(100, 1_000, 100_000),
  strength: fc.integer({ min: 0, max: 3 }),
  isActive: fc.boolean(),
  rate: fc.option(fc.bigInt({ min: 0n, max: 5n }), { nil: null }),
  isInRoute: fc.boolean(),
});
const anyRequest = fc.record({
  class: fc.constantFrom(...JOB_CLASSES),
  modelRequested: fc.constantFrom("auto", "m0", "m1", "m9"),
  promptBytes: fc.integer({ min: 0, max: 20_000 }),
  maxOutputTokens: fc.option(fc.integer({ min: 1, max: 2_000 }), { nil: null }),
  maxCostUsd: fc.constantFrom(null, "0", "0.000000001", "1"),
});

test("whatever the catalogue and the job, the one choice is the cheapest that fits, and every other model hears why not", () => {
  fc.assert(
    fc.property(fc.array(anyModel, { maxLength: 5 }), anyRequest, (models, request) => {
      const rates: [string, bigint][] = models.flatMap(({ rate }, n) =>
        rate === null ? [] : [[`m${n}`, rate]],
      );
      const given = {
        models: models.map((entry, n) => {
          const { windowTokens, strength, isActive } = entry;
          return model(`m${n}`, { windowTokens, strength, isActive });
        }),
        route: models.flatMap(({ isInRoute }, n) => (isInRoute ? [`m${n}`] : [])),
        rates: Object.fromEntries(rates),
      };
      const attempt = () => route(request, given);
      let found: ReturnType<typeof route>;
      try {
        found = attempt();
      } catch (error) {
        expect((error as { code: string }).code).toMatch(
          /^(MODEL_UNKNOWN|ROUTE_MISSING|PRICE_UNKNOWN|WINDOW_EXCEEDED|COST_LIMIT_EXCEEDED)$/,
        );
        return;
      }
      const active = given.models.filter(({ isActive }) => isActive).map(({ id }) => id);
      expect(found.candidates.map((candidate) => candidate.model)).toEqual(active);
      const taken = found.candidates.filter((candidate) => candidate.rejected_because === null);
      expect(taken.map((candidate) => candidate.model)).toEqual([found.modelId]);
      const cost = parseUsd(found.expectedCostUsd);
      const dearer = found.candidates.filter(
        (entry) => entry.rejected_because?.startsWith("dearer") === true,
      );
      for (const entry of dearer)
        expect(parseUsd(entry.expected_cost_usd ?? "")).toBeGreaterThanOrEqual(cost);
      if (request.maxCostUsd !== null) expect(cost).toBeLessThanOrEqual(parseUsd(request.maxCostUsd));
      if (request.modelRequested !== "auto") expect(found.modelId).toBe(request.modelRequested);
    }),
    { numRuns: 1_000 },
  );
});
