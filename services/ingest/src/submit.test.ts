import type { Catalogue, Model } from "@switchyard/shared/catalogue";
import { type ClassBounds, UNBOUNDED } from "@switchyard/shared/contracts";
import type { PriceBook } from "@switchyard/shared/pricing";
import { expect, test } from "vitest";
import { refuseUnroutable } from "./submit.ts";

const model = (id: string) =>
  ({
    ...{ id, priceId: id, bytesPerToken: 3, isActive: true, windowTokens: 1_000, maxOutputTokens: 10 },
    fallbacks: { context_window: [] },
  }) as unknown as Model;

const catalogue = {
  models: new Map(["new", "known"].map((id) => [id, model(id)])),
  routes: { SIMPLE: ["new"], CALCULATION: ["new"], COMPLEX: ["known"] },
  defaults: { deadlineMs: 1, maxOutputTokens: 10 },
  unpriced: {
    tenants: new Map([["patient", { policy: "hold", cap: null }]]),
    others: { policy: "refuse", cap: null },
  },
} as unknown as Catalogue;
const prices: PriceBook = {
  version: "1",
  has: () => true,
  find: ({ priceId: id }) =>
    id === "known" ? { id, bookVersion: "1", inputPicoUsd: 1n, outputPicoUsd: 1n } : null,
};

function codeOf(asked: { model?: string; bounds?: ClassBounds; tenant?: string }): string {
  const job = { model: "auto", bounds: UNBOUNDED, tenant: "acme", ...asked };
  try {
    refuseUnroutable({ catalogue, prices }, { ...job, maxOutputTokens: null, promptBytes: 9, atMs: 0 });
    return "accepted";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

test("a job is refused where no class that it may have leads to a model with a price", () => {
  const bounds = { min: null, max: "CALCULATION" } as const;
  expect(codeOf({ bounds })).toBe("PRICE_UNKNOWN");
  expect(codeOf({ bounds, tenant: "patient" })).toBe("accepted");
  expect(codeOf({ bounds: { min: "COMPLEX", max: null } })).toBe("accepted");
  // What it is judged to be decides, and nobody knows that yet.
  expect(codeOf({})).toBe("accepted");
});

test("a job that names a model is refused where that one has no price", () => {
  expect(["new", "known"].map((name) => codeOf({ model: name }))).toEqual(["PRICE_UNKNOWN", "accepted"]);
});
