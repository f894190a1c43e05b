import type { Usage } from "@switchyard/shared/contracts";
import { expect, test } from "vitest";
import type { CompletionRequest } from "./provider.ts";
import { absurdityOf } from "./usage.ts";

const REQUEST: CompletionRequest = {
  attemptId: "a",
  jobId: "j",
  providerModel: "m",
  messages: [{ role: "user", content: "é".repeat(50) }],
  maxOutputTokens: 100,
  bytesPerToken: 3,
  timeoutMs: 1_000,
  signal: new AbortController().signal,
};
/** 100 bytes of prompt, one message, and the slack of a template. */
const MAX_INPUT_TOKENS = 100 + 64 + 8_192;
const MAX_OUTPUT_TOKENS = 2 * 100 + 4_096;

function usageOf(part: Partial<Usage>): Usage {
  return {
    inputTokens: 0,
    cachedInputTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: 0,
    reasoningTokens: 0,
    ...part,
  };
}

test("the most tokens that a prompt and a limit can explain are believed", () => {
  expect(absurdityOf(usageOf({ inputTokens: MAX_INPUT_TOKENS }), REQUEST)).toBeNull();
  expect(absurdityOf(usageOf({ outputTokens: MAX_OUTPUT_TOKENS }), REQUEST)).toBeNull();
});

test("one input token more is not believed, in whatever component it is", () => {
  for (const name of ["inputTokens", "cachedInputTokens", "cacheWriteTokens"] as const)
    expect(absurdityOf(usageOf({ [name]: MAX_INPUT_TOKENS + 1 }), REQUEST)).toContain("input");
});

test("one output token more is not believed", () => {
  expect(absurdityOf(usageOf({ outputTokens: MAX_OUTPUT_TOKENS + 1 }), REQUEST)).toContain("output");
});

test("reasoning is part of the output, so more of it is not believed", () => {
  expect(absurdityOf(usageOf({ outputTokens: 5, reasoningTokens: 6 }), REQUEST)).toContain("reasoning");
});
