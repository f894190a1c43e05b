import { expect, test } from "vitest";
import { bookingOf, costStateOf } from "./booking.ts";

const PRICE = {
  ...{ id: "p", bookVersion: "1", inputPicoUsd: 4n, outputPicoUsd: 8n },
  tiers: [{ serviceTier: "flex", inputPicoUsd: 2n, outputPicoUsd: 4n }],
};
const USAGE = {
  inputTokens: 10,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 1,
  reasoningTokens: 0,
};
const CACHED = { ...USAGE, cachedInputTokens: 5 };

test("what was counted has a cost, and what has no rate has none", () => {
  expect(bookingOf(PRICE, { usage: USAGE })).toEqual({ usage: USAGE, costPicoUsd: 48n });
  expect(bookingOf(PRICE, { usage: CACHED })).toEqual({ usage: CACHED, unpriced: "cachedInput" });
});

test("what was estimated is neither usage nor cost of the row", () => {
  const method = "utf8-bytes/3";
  expect(bookingOf(PRICE, { usage: USAGE, estimate: method })).toEqual({
    estimate: { method, usage: USAGE, costPicoUsd: 48n },
  });
  expect(bookingOf(PRICE, { usage: CACHED, estimate: method })).toEqual({
    estimate: { method, usage: CACHED },
    unpriced: "cachedInput",
  });
});

test("the tier that served the call decides, and is kept where it is not the one that was asked for", () => {
  const asked = { ...PRICE, serviceTier: "flex" };
  const booked = (price: typeof PRICE, serviceTier?: string) => {
    const { costPicoUsd, serviceTier: kept } = bookingOf(price, { usage: USAGE, serviceTier });
    return [costPicoUsd, kept];
  };
  expect(booked(PRICE, "default")).toEqual([48n, undefined]);
  expect(booked(PRICE, "flex")).toEqual([24n, "flex"]);
  expect(booked(asked, "flex")).toEqual([24n, undefined]);
  expect(booked(asked, "default")).toEqual([48n, "default"]);
  expect(booked(asked)).toEqual([24n, undefined]);
});

test("every row has one state of cost", () => {
  const estimate = { method: "m", usage: USAGE };
  expect(costStateOf({ state: "intent" })).toBe("at_risk");
  expect(costStateOf({ state: "unknown" })).toBe("at_risk");
  expect(costStateOf({ state: "void" })).toBeNull();
  expect(costStateOf({ state: "settled", costPicoUsd: 0n })).toBe("measured");
  expect(costStateOf({ state: "settled", estimate: { ...estimate, costPicoUsd: 1n } })).toBe("estimated");
  expect(costStateOf({ state: "settled", estimate })).toBe("unpriced");
  expect(costStateOf({ state: "settled" })).toBe("unpriced");
});
