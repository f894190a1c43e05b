import { expect, it } from "vitest";
import { BudgetBody } from "./budget.ts";

const budgetOf = (value: string) =>
  BudgetBody.safeParse({ window: "day", limit_usd: "1", tag: { name: "team", value } }).success;

it.each(["x".repeat(128), "中".repeat(42), "%".repeat(42)])(
  "a tag that jobs keep whole can have a budget: %#",
  (value) => {
    expect(budgetOf(value)).toBe(true);
  },
);

it.each(["x".repeat(129), "中".repeat(43), "%".repeat(43), "half of \ud83d"])(
  "a tag that no job ever has is refused a budget, which would stop nothing: %#",
  (value) => {
    expect(budgetOf(value)).toBe(false);
  },
);
