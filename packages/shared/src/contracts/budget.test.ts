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

const problemsOf = (given: object) =>
  BudgetBody.safeParse({ window: "day", limit_usd: "1", ...given }).error?.issues.map(
    ({ message }) => message,
  );

it.each([`sk-sy-ab12cd34-${"0".repeat(40)}`, `sk-sy-k5d0f31c2a9e8b764-${"x".repeat(43)}`, "sk-sy-"])(
  "a whole key is refused where its id belongs, and not repeated: %#",
  (key) => {
    expect(problemsOf({ key })).toEqual(["give its id, never a whole key"]);
  },
);

it.each(["-1", "much", "1e3", "0.1234567890123", "1000001"])("a wrong limit is one problem: %s", (limit) => {
  expect(problemsOf({ limit_usd: limit })).toHaveLength(1);
});
