import { expect, test } from "vitest";
import { isOwnBudget } from "./budget-guard.ts";

test("a budget is seen by the tenant and the key that it names, and by nobody else", () => {
  const who = { tenant: "acme", keyId: "k1" };
  const isSeen = (subject: Parameters<typeof isOwnBudget>[0]["subject"]) => isOwnBudget({ subject }, who);
  const tag = { name: "team", value: "red" };
  expect(isSeen({ tenant: "acme" })).toBe(true);
  expect(isSeen({ key: "k1" })).toBe(true);
  expect(isSeen({ tenant: "acme", key: "k1", tag })).toBe(true);
  // A key of another tenant than the budget's: no job is counted there, and none of it is this tenant's to see.
  expect(isSeen({ tenant: "beta", key: "k1" })).toBe(false);
  expect(isSeen({ tenant: "acme", key: "k2" })).toBe(false);
  expect(isSeen({ key: "k2" })).toBe(false);
  expect(isSeen({ tag })).toBe(false);
  expect(isSeen({})).toBe(false);
});
