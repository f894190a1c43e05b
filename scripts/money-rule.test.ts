import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { moneyInNumbers } from "./money-rule.ts";

/** The compiler looks at all that ships. */
const LONG_MS = 120_000;

test("no number holds money", { timeout: LONG_MS }, () => {
  expect(moneyInNumbers([])).toEqual([]);
});

test("one that does is found, however it is written", { timeout: LONG_MS }, () => {
  const planted = fileURLToPath(new URL("money-rule/planted-numbers.ts", import.meta.url));
  const found = moneyInNumbers([planted], (fileName) => fileName === planted);
  expect(found.map((text) => text.replace(/^.*?:(\d+): /, "$1 "))).toEqual([
    "5 costUsd is a number",
    "6 total_usd is a number",
    "9 pricePicoUsd is a number",
    "10 halfUsd is a number",
    "11 costUsd is a number",
    "12 money becomes a number: Number(cost.spentPicoUsd)",
    "13 money becomes a number: +cost.paidUsd",
    "14 money becomes a number: parseFloat(cost.paidUsd)",
    "15 a float of money is for metrics alone",
  ]);
});
