import type { ChatMessage } from "@switchyard/shared/contracts";
import { expect, test } from "vitest";
import { converseInput } from "./converse.ts";

function inputFor(messages: readonly ChatMessage[], temperature?: number) {
  return converseInput({
    attemptId: "a",
    jobId: "j",
    providerModel: "us.amazon.nova-lite-v1:0",
    messages,
    maxOutputTokens: 100,
    bytesPerToken: 3,
    temperature,
    timeoutMs: 1_000,
    signal: new AbortController().signal,
  });
}

test("system text travels apart and turns of one role in a row become one", () => {
  const input = inputFor([
    { role: "system", content: "Be brief." },
    { role: "user", content: "One." },
    { role: "user", content: "Two." },
    { role: "assistant", content: "Three." },
    { role: "system", content: "Be kind." },
    { role: "user", content: "Four." },
  ]);
  expect(input).toEqual({
    modelId: "us.amazon.nova-lite-v1:0",
    system: [{ text: "Be brief." }, { text: "Be kind." }],
    messages: [
      { role: "user", content: [{ text: "One." }, { text: "Two." }] },
      { role: "assistant", content: [{ text: "Three." }] },
      { role: "user", content: [{ text: "Four." }] },
    ],
    inferenceConfig: { maxTokens: 100 },
  });
});

test("a prompt of system text alone is sent as the user's", () => {
  const input = inputFor([{ role: "system", content: "What is the capital of France?" }]);
  expect(input.messages).toEqual([{ role: "user", content: [{ text: "What is the capital of France?" }] }]);
  expect(input.system).toBeUndefined();
});

test("a prompt without system text sends no empty system", () => {
  expect(inputFor([{ role: "user", content: "Hi." }])).not.toHaveProperty("system");
});

test("a temperature is sent where one is asked for, and else none", () => {
  const hi = [{ role: "user" as const, content: "Hi." }];
  expect(inputFor(hi, 0).inferenceConfig).toEqual({ maxTokens: 100, temperature: 0 });
  expect(inputFor(hi).inferenceConfig).toEqual({ maxTokens: 100 });
});
