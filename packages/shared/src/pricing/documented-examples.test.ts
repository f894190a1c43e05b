import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { formatUsd } from "./money.ts";
import { priceUsage } from "./price.ts";
import { readPriceBook } from "./price-book.ts";

const text = readFileSync(new URL("../../../../docs/money.md", import.meta.url), "utf8");

const tokens = z.int().default(0);
const Example = z.strictObject({
  price: z.looseObject({}),
  served: z.string().optional(),
  usage: z.strictObject({ input: tokens, cached_input: tokens, output: tokens, reasoning: tokens }),
  cost_usd: z.string().optional(),
  unpriced: z.array(z.string()).optional(),
  priced_usd: z.string().optional(),
});

describe("the worked examples of docs/money.md", () => {
  const examples = [...text.matchAll(/```json\n([^`]*)```/g)].map(([, json = ""]) =>
    Example.parse(JSON.parse(json)),
  );

  test("are all here", () => {
    expect(examples.length).toBeGreaterThanOrEqual(5);
  });

  test.each(examples)("cost what it says: %j", ({ price: rates, usage, served, ...said }) => {
    const head = { version: "1", date: "2026-01-02", unit: "USD per million tokens" };
    const prices = [{ id: "a/b", source: "here", ...rates }];
    const book = JSON.stringify({ ...head, sources: { here: { title: "docs" } }, prices });
    const price = readPriceBook(book, "docs").find({ priceId: "a/b" }, 0);
    if (price === null) throw new Error("no price");
    const priced = priceUsage(
      price,
      {
        inputTokens: usage.input,
        cachedInputTokens: usage.cached_input,
        cacheWriteTokens: 0,
        outputTokens: usage.output,
        reasoningTokens: usage.reasoning,
      },
      served,
    );
    expect(
      "unpriced" in priced
        ? { unpriced: priced.unpriced, priced_usd: formatUsd(priced.pricedPicoUsd) }
        : { cost_usd: formatUsd(priced.costPicoUsd) },
    ).toEqual(said);
  });
});
