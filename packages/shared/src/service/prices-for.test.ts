import { expect, test } from "vitest";
import type { Catalogue, Model } from "../catalogue/index.ts";
import { type ClassBounds, UNBOUNDED } from "../contracts/index.ts";
import type { PriceBook } from "../pricing/index.ts";
import { lacksEveryPrice } from "./prices-for.ts";

const model = (id: string, larger: string[] = []) =>
  ({
    id,
    priceId: id,
    bytesPerToken: 3,
    isActive: true,
    fallbacks: { context_window: larger },
  }) as unknown as Model;

const MODELS = [model("new"), model("newer", ["priced"]), model("priced"), model("asleep")];
const catalogue = {
  models: new Map(MODELS.map((one) => [one.id, { ...one, isActive: one.id !== "asleep" }])),
  routes: { SIMPLE: ["new", "asleep"], CALCULATION: ["newer"], COMPLEX: ["priced"] },
} as unknown as Catalogue;
const prices: PriceBook = {
  version: "1",
  has: () => true,
  find: ({ priceId: id }, atMs) =>
    id === "priced" && atMs < 100 ? { id, bookVersion: "1", inputPicoUsd: 1n, outputPicoUsd: 1n } : null,
};
const lacks = (over: { model?: string; bounds?: ClassBounds; atMs?: number }) =>
  lacksEveryPrice(
    { catalogue, prices },
    { model: "auto", bounds: UNBOUNDED, promptBytes: 9, atMs: 0, ...over },
  );

test.each([
  ["any class", UNBOUNDED, false],
  ["SIMPLE, whose route has no price", { min: null, max: "SIMPLE" }, true],
  [
    "CALCULATION, whose model falls back to one with a price",
    { min: "CALCULATION", max: "CALCULATION" },
    false,
  ],
  ["COMPLEX", { min: "COMPLEX", max: null }, false],
] as const)("a job that may be %s", (_, bounds, expected) => {
  expect(lacks({ bounds })).toBe(expected);
});

test("a named model lacks its own price, at the time of asking; one that there is not lacks none", () => {
  expect(["new", "priced", "asleep", "nobody"].map((name) => lacks({ model: name }))).toEqual([
    ...[true, false, false, false],
  ]);
  expect(lacks({ model: "priced", atMs: 100 })).toBe(true);
  expect(lacks({ atMs: 100 })).toBe(true);
});
