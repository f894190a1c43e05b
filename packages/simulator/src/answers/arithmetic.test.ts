import { describe, expect, it } from "vitest";
import { answerArithmetic } from "./arithmetic.ts";

describe("sums are answered exactly", () => {
  it.each([
    ["what is 17 times 23", "391"],
    ["12.5 % of 3,480?", "435"],
    ["0.1 + 0.2", "0.3"],
    ["1 + 2 * 3", "7"],
    ["(1 + 2) * 3 - 4 / 8", "8.5"],
    ["10 - 4 - 3", "3"],
    ["100 / 5 / 2", "10"],
    ["2 ^ 3 ^ 2", "512"],
    ["-2 ^ 2", "-4"],
    ["2 ^ -2", "0.25"],
    ["17 % 5", "2"],
    ["-7 mod 3", "2"],
    ["50% of 200 - 10", "90"],
    ["200 + 10%", "200.1"],
    ["1,234,567.5 * 2", "2469135"],
    ["1 / 3", "0.3333333333"],
    ["2 / 3", "0.6666666667"],
    ["Compute 3.5 − 1.25 ÷ 0.5", "1"],
    ["5 squared plus 2 cubed", "33"],
    ["3 x 4 divided by 2", "6"],
    ["9 to the power of 2", "81"],
    ["99999999999999999999 * 99999999999999999999", "9999999999999999999800000000000000000001"],
    ["Is it the case that (see 4 + 5) it equals nine?", "9"],
    ["7 + 5 -", "12"],
    ["$12 * 3", "36"],
  ])("%s is %s", (question, expected) => {
    expect(answerArithmetic(question)).toBe(expected);
  });
});

it.each([
  "hello",
  "12 apples and 3 pears",
  "Summarise the notes of 2024-05-06 in one line please, and be brief",
  "Upgrade from 1.2.3 to 1.3.0",
  "What is our 50% churn?",
  "Write a short story about a lighthouse keeper and his 3 / 4 empty larder in winter",
])("%s is not taken for a sum", (text) => {
  expect(answerArithmetic(text)).toBeUndefined();
});

it.each([
  ["10 / 0", "division by zero"],
  ["9 ^ 999 ^ 999", "too large"],
  ["2 ^ 0.5", "fractional exponent"],
])("%s is refused in words: %s", (question, reason) => {
  expect(answerArithmetic(question)).toContain(reason);
});

it.each([
  ["unclosed parentheses over powers", "1^1^1^(".repeat(600)],
  ["nothing but parentheses", "(".repeat(5_000)],
  ["long numbers", `${"9".repeat(1_200)}*`.repeat(3)],
  ["a long number glued to a word", `${"9".repeat(4_000)}kg`],
  ["a megabyte of operators", "1+".repeat(500_000)],
])("%s are worked off within half a second", (_name, text) => {
  const startedMs = performance.now();
  answerArithmetic(text);
  expect(performance.now() - startedMs).toBeLessThan(500);
});
