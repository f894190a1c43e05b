import { readFileSync } from "node:fs";
import { readPriceBook, readPriceBookFile } from "@switchyard/shared/pricing";
import { describe, expect, test } from "vitest";
import { type Import, importPrices } from "./import-prices.ts";

const MAP = readFileSync(new URL("__fixtures__/price-map.json", import.meta.url), "utf8");
const SHA256 = "a".repeat(64);
const SOURCE = { key: "import-1", title: "price-map.json", sha256: SHA256, from: "2026-09-01" };

const EMPTY = bookOf([{ id: "mine/model", input: "1", output: "2", source: "mine" }]);

function bookOf(prices: object[], version = "2026-07-01.1"): string {
  const sources = { mine: { title: "Our contract" }, map: { title: "An earlier map", list: true } };
  const head = { version, date: "2026-07-01", unit: "USD per million tokens", sources };
  return JSON.stringify({ ...head, prices });
}

interface Given {
  map?: string;
  book?: string;
  only?: string[];
  from?: string;
}

function imported({ map = MAP, book = EMPTY, only, from = SOURCE.from }: Given = {}): Import {
  return importPrices({
    map,
    book,
    bookName: "prices.json",
    source: { ...SOURCE, from },
    only: only ?? null,
  });
}

function mapOf(models: Record<string, object>): string {
  const common = { litellm_provider: "openai", mode: "chat" };
  return JSON.stringify(
    Object.fromEntries(Object.entries(models).map(([key, fields]) => [key, { ...common, ...fields }])),
  );
}

const entryOf = (id: string, given?: Given) =>
  readPriceBookFile(imported(given).text ?? "", "prices.json").prices.filter((price) => price.id === id);

describe("an entry of the map becomes one of the book", () => {
  test("with every rate as it was written, for a million tokens", () => {
    expect(entryOf("deepseek/epic-think")).toEqual([
      {
        ...{ id: "deepseek/epic-think", source: "import-1" },
        ...{ input: "0.435", cached_input: "0.003625", output: "0.87" },
      },
    ]);
    expect(entryOf("deepseek/epic-chat")).toMatchObject([{ cached_input: "0.028", cache_write: "0" }]);
    expect(entryOf("openai/fable-search")).toMatchObject([{ per_request: "0.005" }]);
    expect(entryOf("openai/fable-reason")).toMatchObject([{ output: "4.4", reasoning: "3" }]);
    expect(entryOf("anthropic/saga-small")).toMatchObject([{ cache_write: "1", cache_write_1h: "1.6" }]);
  });

  test("with service tiers and long prompts as tiers, where each has its own rates", () => {
    expect(entryOf("gemini/verse-pro")).toMatchObject([
      {
        tiers: [
          { service_tier: "default", context: { comparator: ">", tokens: 200_000 }, input: "2.5" },
          { service_tier: "priority", input: "2.25", cached_input: "0.225", output: "18" },
          { service_tier: "priority", context: { comparator: ">", tokens: 200_000 }, output: "27" },
        ],
      },
    ]);
    expect(entryOf("anthropic/saga-medium")).toMatchObject([
      { tiers: [{ cache_write: "7.5", cache_write_1h: "12" }] },
    ]);
    expect(entryOf("openai/fable-2")).toMatchObject([
      { tiers: [{ service_tier: "flex" }, { service_tier: "batch", input: "0.625", output: "5" }] },
    ]);
    expect(entryOf("xai/ballad-4")).toMatchObject([
      { tiers: [{ context: { comparator: ">=", tokens: 128_000 } }] },
    ]);
  });

  test("under the names that the book has for providers, regions of Bedrock each by itself", () => {
    const book = readPriceBook(imported().text ?? "", "prices.json");
    const ids = [
      "openai/fable-old",
      "bedrock/amazon.lore-pro-v1:0",
      "bedrock/eu-west-1/amazon.lore-pro-v1:0",
      "bedrock/us.anthropic.saga-medium-20260101-v1:0",
      "groq/meta/rhyme-8b",
      "azure/eu/fable-1",
    ];
    expect(ids.map((priceId) => book.find({ priceId }, 0)?.id)).toEqual(ids);
  });

  test("or is left out, and counted by the reason", () => {
    expect(imported().report.at(-1)).toContain("2 mode embedding, 1 mode image_generation");
    for (const id of ["openai/untold-1", "openai/untold-2", "openai/fable-embed", "openai/fable-draw"])
      expect(entryOf(id)).toEqual([]);
  });
});

describe("the book", () => {
  test("has the source with its digest, a new version and date, and keeps what it had", () => {
    const { report, text } = imported();
    const book = readPriceBookFile(text ?? "", "prices.json");
    expect(book).toMatchObject({ version: "2026-09-01.1", date: "2026-09-01" });
    expect(book.sources["import-1"]).toEqual({
      ...{ title: "price-map.json", date: "2026-09-01", sha256: SHA256, list: true },
    });
    expect(book.prices[0]).toEqual({ id: "mine/model", input: "1", output: "2", source: "mine" });
    expect(report).toContain("+ openai/fable-1-nano: input 0.05, cached_input 0.005, output 0.4");
  });

  test("is as it was when the same map is imported again", () => {
    const { text } = imported();
    expect(imported({ book: text ?? "" })).toMatchObject({ text: null });
  });

  test("changes a list price on its day, and no earlier: both stand in it, with their names", () => {
    const old = { id: "openai/fable-1", aliases: ["openai/tale"], input: "3", output: "10", source: "map" };
    const { report, text } = imported({ book: bookOf([old], "2026-09-01.4") });
    const book = readPriceBook(text ?? "", "prices.json");
    const at = (day: string) => book.find({ priceId: "openai/tale" }, Date.parse(day))?.inputPicoUsd;
    expect([at("2026-08-31T23:59:59.999Z"), at("2026-09-01")]).toEqual([3_000_000n, 2_500_000n]);
    expect(book.version).toBe("2026-09-01.5");
    expect(report[0]).toBe(
      "~ openai/fable-1 from 2026-09-01: input 3, output 10 → input 2.5, cached_input 1.25, output 10, (batch: input 1.25, output 5)",
    );
  });

  test("keeps a price that is no list price, and says so", () => {
    const own = { id: "openai/fable-1", input: "1", output: "2", source: "mine" };
    const { report, text } = imported({ book: bookOf([own]) });
    expect(report).toContain("! openai/fable-1 keeps its price, which is no list price");
    expect(readPriceBookFile(text ?? "", "b").prices[0]).toEqual(own);
  });

  test("gives a name its own price, which was another's alias", () => {
    const alias = { id: "openai/other", aliases: ["openai/fable-1", "openai/o"], input: "1", output: "2" };
    const { report, text } = imported({ book: bookOf([{ ...alias, source: "mine" }]) });
    expect(readPriceBookFile(text ?? "", "b").prices[0]?.aliases).toEqual(["openai/o"]);
    expect(report[0]).toContain("+ openai/fable-1 (until now that of openai/other): input 2.5");
  });

  test("case 24: keeps a price that is gone from the map, for whatever still names it", () => {
    const gone = { id: "openai/gone", input: "1", output: "2", source: "map" };
    const { report, text } = imported({ book: bookOf([gone]) });
    expect(report).toContain("- openai/gone is not in the map any more; its price stays");
    expect(readPriceBook(text ?? "", "b").find({ priceId: "openai/gone" }, Date.now())?.inputPicoUsd).toBe(
      1_000_000n,
    );
  });

  test("takes prices of the providers asked for alone, and misses none of the others", () => {
    const gone = { id: "openai/gone", input: "1", output: "2", source: "map" };
    const { report, text } = imported({ book: bookOf([gone]), only: ["deepseek"] });
    const ids = readPriceBookFile(text ?? "", "b").prices.map(({ id }) => id);
    expect(ids).toEqual(["openai/gone", "deepseek/epic-chat", "deepseek/epic-think"]);
    expect(report.join("\n")).not.toContain("any more");
  });
});

describe("nothing is imported", () => {
  const refusal = (given: Given): string => {
    try {
      imported(given);
    } catch (error) {
      if (error instanceof RangeError) return error.message;
      throw error;
    }
    return "it was imported";
  };
  const one = (fields: object) => refusal({ map: mapOf({ "gpt-a": fields }) });
  const sound = { input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 };

  test.each([
    ["cents for a token", "2"],
    ["dollars for a million tokens", "6"],
    ["dollars for a thousand tokens, taken for cents", "-5"],
  ])("case 22: of a map in another unit: %s", (_, power) => {
    const moved = MAP.replace(
      /("[a-z_]*token[a-z_]*": )(\d[\d.]*)(?:e(-\d+))?(?=[,\n])/gi,
      (all, name: string, digits: string, exponent = "0") =>
        name.includes("cost") ? `${name}${digits}e${Number(exponent) + Number(power)}` : all,
    );
    expect(moved).not.toBe(MAP);
    expect(refusal({ map: moved })).toContain("another unit");
  });

  test("case 22: of a price that moved tenfold, which is more likely another unit", () => {
    const old = { id: "openai/fable-1", input: "250", output: "10", source: "map" };
    expect(refusal({ book: bookOf([old]) })).toContain("openai/fable-1: input goes from 250 to 2.5");
    const free = { ...old, input: "0" };
    expect(refusal({ book: bookOf([free]) })).toContain("openai/fable-1: input goes from 0 to 2.5");
  });

  test.each([
    ["cut short", MAP.slice(0, MAP.length / 2), "not valid JSON, perhaps cut short"],
    ["empty", "", "not valid JSON"],
    ["an empty map", "{}", "it has no price"],
    ["a page", "<!doctype html>", "not valid JSON"],
    ["a list", "[]", "not a map of models"],
    ["a map of numbers", '{"gpt-a": 1}', "not a map of models"],
    ["a model twice", MAP.replace('"fable-2":', '"fable-1":'), '"fable-1" stands in it twice'],
    [
      "a price twice",
      MAP.replace(
        '"input_cost_per_token": 2.5e-06,',
        '"input_cost_per_token": 1, "input_cost_per_token": 2.5e-06,',
      ),
      '"input_cost_per_token" stands in it twice',
    ],
  ])("case 23: of a file that is %s; the book stays as it was", (_, map, told) => {
    expect(refusal({ map })).toContain(told);
  });

  test("case 23: of a map in which most list prices are missing", () => {
    const prices = Array.from({ length: 20 }, (_, n) => ({
      ...{ id: `openai/m-${n}`, input: "1", output: "1", source: "map" },
    }));
    expect(refusal({ book: bookOf(prices) })).toContain("20 of 20 list prices are not in it");
  });

  test.each<[string, object, string]>([
    [
      "below 0",
      { ...sound, input_cost_per_token: -1e-6 },
      "input_cost_per_token is no price in whole pico-dollars",
    ],
    ["of text", { ...sound, output_cost_per_token: "2e-6" }, "output_cost_per_token is no price"],
    [
      "finer than a pico-dollar",
      { ...sound, input_cost_per_token: 1.0000001e-7 },
      "input_cost_per_token is no price in whole pico-dollars",
    ],
    [
      "above all that there was",
      { ...sound, input_cost_per_token: 0.0003 },
      "input_cost_per_token is 300 USD per million tokens",
    ],
    [
      "below all that there was",
      { ...sound, input_cost_per_token: 5e-11 },
      "input_cost_per_token is 0.00005 USD per million tokens",
    ],
    [
      "dearer from the cache than without",
      { ...sound, cache_read_input_token_cost: 2e-6 },
      "cache_read_input_token_cost is above input_cost_per_token",
    ],
    [
      "of something unknown",
      { ...sound, dreaming_cost_per_night: 1 },
      "dreaming_cost_per_night is a price of something",
    ],
    ["no fee", { ...sound, input_cost_per_request: 11 }, "input_cost_per_request is no fee for a call: 11"],
  ])("of a price that is %s", (_, fields, told) => {
    expect(one(fields)).toContain(`gpt-a: ${told}`);
  });

  test("of two prices under one id", () => {
    const map = mapOf({ "gpt-a": sound, "openai/gpt-a": { ...sound, output_cost_per_token: 3e-6 } });
    expect(refusal({ map })).toContain("openai/gpt-a: another entry gives openai/gpt-a another price");
  });

  test("of a change on a day at which the present price does not hold yet", () => {
    const later = { id: "openai/fable-1", from: "2026-10-01", input: "3", output: "10", source: "map" };
    expect(refusal({ book: bookOf([later]) })).toContain(
      "its present price holds from 2026-10-01, and the new one from 2026-09-01",
    );
    const ended = { id: "openai/fable-1", to: "2026-08-01", input: "3", output: "10", source: "map" };
    expect(refusal({ book: bookOf([ended]) })).toContain("its price ends at 2026-08-01 already");
  });

  test("with every doubt told at once", () => {
    const map = mapOf({
      "gpt-a": { ...sound, input_cost_per_token: -1 },
      "gpt-b": { ...sound, input_cost_per_token: 1 },
    });
    expect(refusal({ map }).split("\n")).toHaveLength(3);
  });
});

test("case 21: a rate of 0 is free, and one that is absent or null is none", () => {
  const priced = { input_cost_per_token: 1e-6, output_cost_per_token: 0 };
  const map = mapOf({
    free: { ...priced, cache_read_input_token_cost: 0 },
    absent: priced,
    null: { ...priced, cache_read_input_token_cost: null },
    none: { ...priced, input_cost_per_token: null },
  });
  const { prices } = readPriceBookFile(imported({ map }).text ?? "", "b");
  expect(prices.slice(1)).toEqual([
    { id: "openai/free", input: "1", cached_input: "0", output: "0", source: "import-1" },
    { id: "openai/absent", input: "1", output: "0", source: "import-1" },
    { id: "openai/null", input: "1", output: "0", source: "import-1" },
  ]);
});
