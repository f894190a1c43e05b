import { expect, test } from "vitest";
import { isReasoningModel } from "./reasoning-models.ts";

test.each([
  ["gpt-4.1-nano-2025-04-14", false],
  ["gpt-4o-mini", false],
  ["gpt-5-chat-latest", false],
  ["openai/gpt-5-chat", false],
  ["deepseek-v4-flash", false],
  ["llama3.2", false],
  ["openchat", false],
  ["gpt-4o1", false],
  ["gpt-5-mini-2025-08-07", true],
  ["gpt-5.2", true],
  ["o3-mini", true],
  ["o1", true],
  ["openai/gpt-5-mini", true],
  ["openai/o3", true],
  ["azure-gpt-5", true],
  ["azure_o4-mini", true],
  ["Our-GPT-5", true],
])("%s: %s", (model, isReasoning) => {
  expect(isReasoningModel(model)).toBe(isReasoning);
});
