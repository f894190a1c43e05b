import { expect, test } from "vitest";
import { manageKeys } from "./manage-keys.ts";

/** Settings that are all missing: what is told about the arguments is told before they are looked for. */
const nothing = { environment: {}, readFile: () => "" };

test.each<[args: string[], told: string]>([
  [[], "usage:"],
  [["list"], "usage:"],
  [["create", "acme"], "usage:"],
  [["revoke"], "usage:"],
  [["revoke", "a", "b"], "usage:"],
  [["revoke", "a", "--tenant", "acme"], "usage:"],
  [["create", "--tenant", "acme", "--color", "red"], "usage:"],
  [["create", "--tenant"], "usage:"],
  [["create"], "--tenant must be"],
  [["create", "--tenant", ""], "--tenant must be"],
  [["create", "--tenant", "Acme"], "--tenant must be"],
  [["create", "--tenant", "a#1"], "--tenant must be"],
  [["create", "--tenant", "a".repeat(64)], "--tenant must be"],
  [["create", "--tenant", "acme", "--scopes", "root"], "--scopes must be among jobs:read,jobs:write,admin"],
  [["create", "--tenant", "acme", "--scopes", ""], "--scopes must be among"],
  [
    ["create", "--tenant", "acme", "--min-class", "HARD"],
    "--min-class must be one of SIMPLE, CALCULATION, COMPLEX",
  ],
  [["create", "--tenant", "acme", "--max-class", ""], "--max-class must be one of"],
  [
    ["create", "--tenant", "acme", "--min-class", "COMPLEX", "--max-class", "SIMPLE"],
    "--min-class must not be above",
  ],
  [["create", "--tenant", "acme", "--expires", "2020-01-01"], "--expires must be"],
  [["create", "--tenant", "acme", "--expires", "soon"], "--expires must be"],
  [["create", "--tenant", "acme", "--expires", "2027-13-40"], "--expires must be"],
])("%j says what is right", async (args, told) => {
  await expect(manageKeys(args, nothing)).rejects.toThrow(told);
});

test("right arguments get as far as the settings", async () => {
  await expect(manageKeys(["create", "--tenant", "acme"], nothing)).rejects.toThrow("API_KEY_PEPPER");
});
