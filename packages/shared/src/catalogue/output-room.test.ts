import { describe, expect, test } from "vitest";
import { EXAMPLE_PRICE_IDS, EXAMPLE_YAML } from "./__fixtures__/example-catalogue.ts";
import type { Model } from "./catalogue.ts";
import { CALL_OVERHEAD_TOKENS } from "./estimate-tokens.ts";
import { loadCatalogue } from "./load-catalogue.ts";
import { outputRoomTokens } from "./output-room.ts";

const catalogue = loadCatalogue({
  text: EXAMPLE_YAML,
  file: "switchyard.yaml",
  priceIds: EXAMPLE_PRICE_IDS,
  environment: {},
});
/** 4096 tokens of answer at most, a window of 128 000, 3 bytes per token. */
const large = catalogue.models.get("large") as Model;

describe("outputRoomTokens", () => {
  test.each([
    ["what was asked for", 30, 100, 100],
    ["the default when nothing was asked for", 30, null, 1_024],
    ["no more than the model's own limit", 30, 1_000_000, 4_096],
    ["no more than the prompt leaves of the window", 3 * (127_900 - CALL_OVERHEAD_TOKENS), 1_000, 100],
    ["nothing when the prompt fills the window", 3 * (128_000 - CALL_OVERHEAD_TOKENS), 1_000, 0],
  ])("is %s", (_, bytes, maxOutputTokens, room) => {
    expect(outputRoomTokens(catalogue, large, { bytes, maxOutputTokens })).toBe(room);
  });

  test("is below 0 when the prompt alone is too long", () => {
    expect(outputRoomTokens(catalogue, large, { bytes: 3 * 128_000, maxOutputTokens: 1 })).toBeLessThan(0);
  });
});
