import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { cappedBook } from "./cap.ts";
import { formatUsd } from "./money.ts";
import { priceUsage, worstCasePicoUsd } from "./price.ts";
import { readPriceBook } from "./price-book.ts";

const text = readFileSync(new URL("../../../../docs/money.md", import.meta.url), "utf8");

const tokens = z.int().default(0);
const usage = z.strictObject({ input: tokens, cached_input: tokens, output: tokens, reasoning: tokens });
const Example = z.strictObject({
  price: z.looseObject({}),
  served: z.string().optional(),
  usage,
  cost_usd: z.string().optional(),
  unpriced: z.array(z.string()).optional(),
  priced_usd: z.string().optional(),
});

const CapExample = z.strictObject({
  cap: z.strictObject({ input: z.string(), output: z.string() }),
  usage,
  bound_usd: z.string(),
  cost_usd: z.null(),
});

describe("the worked examples of docs/money.md", () => {
  const all = [...text.matchAll(/```json\n([^`]*)```/g)].map(([, json = ""]) => JSON.parse(json) as object);
  const examples = all.filter((one) => !("cap" in one)).map((one) => Example.parse(one));

  test("are all here", () => {
    expect(examples.length).toBeGreaterThanOrEqual(5);
  });

  test.each(all.filter((one) => "cap" in one))(
    "are bounded as it says, and cost nothing known: %j",
    (one) => {
      const { cap, usage: took, bound_usd } = CapExample.parse(one);
      const none = { version: "1", find: () => null, has: () => false };
      const price = cappedBook(none, cap).find({ priceId: "a/b" }, 0);
      if (price === null) throw new Error("no cap");
      expect(formatUsd(worstCasePicoUsd(price, took.input, took.output))).toBe(bound_usd);
      const usage = { cachedInputTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 };
      const taken = { ...usage, inputTokens: took.input, outputTokens: took.output };
      expect(priceUsage(price, taken)).toHaveProperty("unpriced");
    },
  );

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
