import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CALL_OVERHEAD_TOKENS, estimateTokens, mostTokens } from "./estimate-tokens.ts";

describe("estimateTokens", () => {
  test("an empty prompt still takes the tokens that a call adds", () => {
    expect(estimateTokens({ bytesPerToken: 3 }, 0)).toBe(CALL_OVERHEAD_TOKENS);
  });

  test("a part of a token counts as a whole one", () => {
    expect(estimateTokens({ bytesPerToken: 3 }, 4)).toBe(2 + CALL_OVERHEAD_TOKENS);
    expect(estimateTokens({ bytesPerToken: 2.5 }, 10)).toBe(4 + CALL_OVERHEAD_TOKENS);
  });

  test("is whole, and never falls as the text grows", () => {
    const ratio = fc.double({ min: 0.5, max: 8, noNaN: true });
    fc.assert(
      fc.property(ratio, fc.nat(2 ** 20), fc.nat(2 ** 20), (bytesPerToken, bytes, more) => {
        const estimate = estimateTokens({ bytesPerToken }, bytes);
        return Number.isInteger(estimate) && estimateTokens({ bytesPerToken }, bytes + more) >= estimate;
      }),
    );
  });
});

test("the bound of a prompt is never below its estimate for any tokenizer of at least a byte per token", () => {
  const ratio = fc.double({ min: 1, max: 8, noNaN: true });
  fc.assert(
    fc.property(ratio, fc.nat(2 ** 20), (bytesPerToken, bytes) => {
      return mostTokens(bytes) >= estimateTokens({ bytesPerToken }, bytes);
    }),
  );
});
