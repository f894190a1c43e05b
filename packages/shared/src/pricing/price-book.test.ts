import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SwitchyardError } from "../errors/index.ts";
import { formatUsd } from "./money.ts";
import { type PriceBook, readPriceBook } from "./price-book.ts";
import type { Price } from "./rates.ts";

const SHIPPED = readFileSync(new URL("../../../../prices.json", import.meta.url), "utf8");

const BOOK = `{
  "version": "1",
  "date": "2026-01-02",
  "unit": "USD per million tokens",
  "sources": { "here": { "title": "A test" } },
  "prices": [
    { "id": "a/one", "input": "0.15", "cached_input": "0.075", "output": "0.60", "source": "here" },
    { "id": "a/two", "input": "1", "cache_write": "1.25", "output": "0", "source": "here" }
  ]
}
`;

function errorOf(text: string): SwitchyardError {
  try {
    readPriceBook(text, "prices.json");
  } catch (error) {
    if (error instanceof SwitchyardError) return error;
    throw error;
  }
  throw new Error("the book was taken");
}

function find(book: PriceBook, priceId: string, atMs = 0): Price | null {
  return book.find({ priceId }, atMs);
}

describe("readPriceBook", () => {
  test("rates become whole pico-dollars per token, and a rate that is not stated stays absent", () => {
    const book = readPriceBook(BOOK, "prices.json");
    expect(book.version).toBe("1");
    expect(["a/one", "a/two", "a/three"].map((id) => book.has(id))).toEqual([true, true, false]);
    expect(find(book, "a/one")).toEqual({
      id: "a/one",
      bookVersion: "1",
      inputPicoUsd: 150_000n,
      cachedInputPicoUsd: 75_000n,
      outputPicoUsd: 600_000n,
    });
    expect(find(book, "a/two")).toEqual({
      id: "a/two",
      bookVersion: "1",
      inputPicoUsd: 1_000_000n,
      cacheWritePicoUsd: 1_250_000n,
      outputPicoUsd: 0n,
    });
  });

  test("an unknown price is null, also under names that every object has", () => {
    const book = readPriceBook(BOOK, "prices.json");
    for (const id of ["a/three", "A/ONE", "", "constructor", "__proto__"]) expect(find(book, id)).toBeNull();
  });

  test("every problem is reported at once, with its line and column", () => {
    const error = errorOf(
      BOOK.replace('"0.15"', "0.15")
        .replace('"cache_write": "1.25"', '"cache_rite": "1.25"')
        .replace('"output": "0", ', "")
        .replace('"2026-01-02"', '"yesterday"')
        .replace('"A test"', '"A test", "title": "Another"'),
    );
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.message.split("\n")).toEqual([
      "prices.json:3:11 date: must be a date such as 2026-07-24",
      "prices.json:5:45: the key is given twice",
      'prices.json:7:31 prices[0].input: must be a decimal string such as "0.15"',
      "prices.json:8:5 prices[1].output: is missing",
      "prices.json:8:50 prices[1].cache_rite: is not known here",
    ]);
    expect(error.problems.map(({ code }) => code)).toEqual([
      "invalid_format",
      "duplicate_key",
      "invalid_type",
      "invalid_type",
      "unknown_key",
    ]);
  });

  test.each(["-1", "1e-6", "0.0000001", "1000000", "", "free", "0,15", " 1"])(
    "a rate of %j is refused",
    (rate) => {
      expect(errorOf(BOOK.replace('"0.15"', JSON.stringify(rate))).message).toContain(
        "prices[0].input: must be a",
      );
    },
  );

  test("an id given twice is refused, so that no rate is silently replaced", () => {
    expect(errorOf(BOOK.replace("a/two", "a/one")).message).toBe(
      'prices.json:8:13 prices[1].id: "a/one" already is the id of prices[0]',
    );
  });

  test("a key given twice is refused, though JSON would take the last", () => {
    expect(errorOf(BOOK.replace('"0.15",', '"0.15", "input": "9",')).message).toBe(
      "prices.json:7:39: the key is given twice",
    );
  });

  test("a source that is not among the sources is refused", () => {
    expect(errorOf(BOOK.replace('"0", "source": "here"', '"0", "source": "hear"')).message).toContain(
      'prices[1].source: "hear" is not one of sources',
    );
  });

  test("what is not JSON is refused under the name of the file", () => {
    expect(errorOf(BOOK.replace("}", "")).message).toMatch(/^prices\.json: not valid JSON: /);
    expect(errorOf("[]").message).toBe("prices.json:1:1: expected object, received array");
  });

  test("the shipped book has exact prices for the simulated and for real models", () => {
    const book = readPriceBook(SHIPPED, "prices.json");
    const perMillion = (rate = -1n) => formatUsd(rate * 1_000_000n);
    const small = find(book, "simulated/sim-small");
    expect([small?.inputPicoUsd, small?.cachedInputPicoUsd, small?.outputPicoUsd].map(perMillion)).toEqual([
      "0.15",
      "0.075",
      "0.6",
    ]);
    expect(small?.cacheWritePicoUsd).toBeUndefined();
    const opus = find(book, "bedrock/anthropic.claude-opus-4-5-20251101-v1:0");
    expect([opus?.inputPicoUsd, opus?.cacheWritePicoUsd, opus?.outputPicoUsd].map(perMillion)).toEqual([
      "5",
      "6.25",
      "25",
    ]);
    expect(perMillion(find(book, "deepseek/deepseek-v4-pro")?.cachedInputPicoUsd)).toBe("0.003625");
  });

  test("the example in docs/configuration.md is a price book", () => {
    const document = readFileSync(new URL("../../../../docs/configuration.md", import.meta.url), "utf8");
    const example = /```json\n([^`]*)```/.exec(document)?.[1] ?? "";
    expect(readPriceBook(example, "example").has("openai/gpt-4o-mini-2024-07-18")).toBe(true);
  });
});
