import { describe, expect, test } from "vitest";
import { readPriceBook } from "./price-book.ts";

const ENTRY = { input: "1", output: "2", source: "here" };

function bookOf(...prices: object[]) {
  const head = { version: "7", date: "2026-01-02", unit: "USD per million tokens" };
  const sources = { here: { title: "A test" } };
  const entries = prices.map((price) => ({ ...ENTRY, ...price }));
  return readPriceBook(JSON.stringify({ ...head, sources, prices: entries }), "prices.json");
}

const BOOK = bookOf(
  { id: "openai/gpt-x", aliases: ["openai/gpt-x-chat", "azure/my-deployment"] },
  { id: "openai/gpt-x-2026-03-01" },
  { id: "bedrock/anthropic.claude-y-20260101-v1:0", profiles: ["eu", "apac"] },
  { id: "bedrock/us.anthropic.claude-y-20260101-v1:0", aliases: ["bedrock/a1b2c3d4e5f6"] },
  { id: "bedrock/global.anthropic.claude-y-20260101-v1:0" },
  { id: "bedrock/anthropic.claude-z" },
  { id: "together/meta/llama-q" },
);
const idOf = (priceId: string) => BOOK.find({ priceId }, 0)?.id ?? null;

describe("a price is found", () => {
  test.each([
    ["under its own id", "openai/gpt-x", "openai/gpt-x"],
    ["under its own id before any rule", "openai/gpt-x-2026-03-01", "openai/gpt-x-2026-03-01"],
    ["under an alias", "openai/gpt-x-chat", "openai/gpt-x"],
    ["for a deployment with an alias", "azure/my-deployment", "openai/gpt-x"],
    ["for a dated name", "openai/gpt-x-2026-01-01", "openai/gpt-x"],
    ["for a date without hyphens", "openai/gpt-x-20260101", "openai/gpt-x"],
    ["for -latest", "openai/gpt-x-latest", "openai/gpt-x"],
    ["for the provider named twice", "openai/openai/gpt-x", "openai/gpt-x"],
    ["for a model whose name has a slash", "together/meta/llama-q", "together/meta/llama-q"],
    ["for a version of Bedrock", "bedrock/anthropic.claude-z-v1:0", "bedrock/anthropic.claude-z"],
    [
      "for a version and a date",
      "bedrock/anthropic.claude-z-20260101-v2:0:200k",
      "bedrock/anthropic.claude-z",
    ],
    [
      "for a profile with a price of its own",
      "bedrock/us.anthropic.claude-y-20260101-v1:0",
      "bedrock/us.anthropic.claude-y-20260101-v1:0",
    ],
    [
      "for a profile that the regional price names",
      "bedrock/eu.anthropic.claude-y-20260101-v1:0",
      "bedrock/anthropic.claude-y-20260101-v1:0",
    ],
    [
      "for the ARN of a system's profile",
      "bedrock/arn:aws:bedrock:eu-west-1:123456789012:inference-profile/global.anthropic.claude-y-20260101-v1:0",
      "bedrock/global.anthropic.claude-y-20260101-v1:0",
    ],
    [
      "for the ARN of an application's profile with an alias",
      "bedrock/arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6",
      "bedrock/us.anthropic.claude-y-20260101-v1:0",
    ],
  ])("%s", (_, asked, found) => {
    expect(idOf(asked)).toBe(found);
    expect(BOOK.has(asked)).toBe(true);
  });

  test.each([
    ["for another model", "openai/gpt-w"],
    ["for a longer name", "openai/gpt-x-mini"],
    ["for a profile that nobody names", "bedrock/jp.anthropic.claude-y-20260101-v1:0"],
    ["for an application's profile without an alias", "bedrock/arn:aws:bedrock:us-east-1:1:x/unknown"],
    ["for another region of Bedrock", "bedrock/eu-west-1/anthropic.claude-z"],
    ["for a profile of another provider", "together/us.meta/llama-q"],
    ["without a provider", "gpt-x"],
    ["for nothing", ""],
  ])("never %s", (_, asked) => {
    expect(idOf(asked)).toBeNull();
    expect(BOOK.has(asked)).toBe(false);
  });
});

describe("a price holds", () => {
  const old = { id: "a/b", to: "2026-05-01", input: "4" };
  const book = bookOf(
    old,
    { id: "a/b", from: "2026-05-01", to: "2026-06-01T16:30:00Z", input: "3" },
    { id: "a/b-2026-07-01", to: "2026-01-01" },
  );
  const inputAt = (time: string, priceId = "a/b") => book.find({ priceId }, Date.parse(time))?.inputPicoUsd;

  test("from its first instant up to its last, which is the next one's first", () => {
    expect(inputAt("2026-04-30T23:59:59.999Z")).toBe(4_000_000n);
    expect(inputAt("2026-05-01T00:00:00.000Z")).toBe(3_000_000n);
    expect(inputAt("2026-06-01T16:29:59.999Z")).toBe(3_000_000n);
    expect(inputAt("2026-06-01T16:30:00.000Z")).toBeUndefined();
  });

  test("and once it does not, no looser name stands in for it", () => {
    expect(inputAt("2026-05-02", "a/b-2026-07-01")).toBeUndefined();
    expect(inputAt("2026-05-02", "a/b-2026-08-01")).toBe(3_000_000n);
  });

  test("never beside another price of the same id", () => {
    expect(() => bookOf(old, { id: "a/b", from: "2026-04-30" })).toThrow(
      '"a/b" already is the id of prices[0]',
    );
    expect(() => bookOf({ id: "a/b", from: "2026-04-30", to: "2026-04-30" })).toThrow("must lie after from");
  });
});

test("a name leads to one price", () => {
  const clash = { id: "a/c", aliases: ["a/b"] };
  expect(() => bookOf({ id: "a/b" }, clash)).toThrow('prices[1].aliases[0]: "a/b" already leads to "a/b"');
  expect(() => bookOf(clash, { id: "a/d", aliases: ["a/b"] })).toThrow('"a/b" already leads to "a/c"');
  const early = { ...clash, to: "2026-01-01" };
  expect(bookOf(early, { ...clash, from: "2026-01-01" }).has("a/b")).toBe(true);
});

describe("a tier", () => {
  const at = (tokens: number) => ({ comparator: ">", tokens });
  test("says for what it is, and once", () => {
    expect(() => bookOf({ id: "a/b", tiers: [{ input: "1" }] })).toThrow(
      "prices[0].tiers[0]: needs a service_tier, a context or both",
    );
    const twice = [{ context: at(5) }, { service_tier: "default", context: at(5) }];
    expect(() => bookOf({ id: "a/b", tiers: twice })).toThrow("tiers[1]: says the same as tiers[0]");
  });

  test("of a batch is left out of the price of other calls", () => {
    const tiers = [
      { service_tier: "batch", input: "0.5" },
      { service_tier: "flex", input: "0.6" },
    ];
    const book = bookOf({ id: "a/b", tiers });
    const named = (serviceTier?: string) =>
      book.find({ priceId: "a/b", serviceTier }, 0)?.tiers?.map((tier) => tier.serviceTier);
    expect(named()).toEqual(["flex"]);
    expect(named("batch")).toEqual(["batch", "flex"]);
    expect(bookOf({ id: "a/b", tiers: tiers.slice(0, 1) }).find({ priceId: "a/b" }, 0)).not.toHaveProperty(
      "tiers",
    );
  });
});
