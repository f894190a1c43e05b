import { expect, test } from "vitest";
import { CHECKS, runCheck } from "./checks.ts";

test.each(CHECKS)("$name finds nothing to complain of in the whole tree", async (check) => {
  const { isOk, said } = await runCheck(check);
  expect(isOk ? "" : said).toBe("");
});
