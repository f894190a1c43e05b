import { expect, test } from "vitest";
import { limitFieldOf } from "./limit-field.ts";

test.each([
  ["https://api.openai.com/v1", "max_completion_tokens"],
  ["https://eu.api.openai.com/v1", "max_completion_tokens"],
  ["https://mine.openai.azure.com/openai/v1", "max_completion_tokens"],
  ["https://api.deepseek.com", "max_tokens"],
  ["http://127.0.0.1:11434/v1", "max_tokens"],
  ["https://api.openai.com.example.net/v1", "max_tokens"],
  ["https://notapi.openai.community/v1", "max_tokens"],
])("a server at %s is told its limit as %s", (baseUrl, field) => {
  expect(limitFieldOf(baseUrl)).toBe(field);
});
