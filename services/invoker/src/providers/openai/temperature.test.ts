import { expect, test } from "vitest";
import { takesTemperature } from "./temperature.ts";

test.each([
  ["gpt-4.1-nano-2025-04-14", true],
  ["gpt-4o-mini", true],
  ["deepseek-v4-flash", true],
  ["llama3.2", true],
  ["openchat", true],
  ["gpt-5-mini-2025-08-07", false],
  ["o3-mini", false],
  ["o1", false],
])("%s: %s", (model, isTaken) => {
  expect(takesTemperature(model)).toBe(isTaken);
});
