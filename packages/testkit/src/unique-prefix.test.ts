import { expect, test } from "vitest";
import { uniquePrefix } from "./unique-prefix.ts";

test("a prefix is legal as a table name and never the same twice", () => {
  const prefixes = Array.from({ length: 1_000 }, () => uniquePrefix("ledger"));
  expect(new Set(prefixes).size).toBe(1_000);
  for (const prefix of prefixes) expect(prefix).toMatch(/^ledger-[a-z0-9]{12}$/);
});
