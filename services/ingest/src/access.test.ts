import type { AccessKeyRow, AccessKeys } from "@switchyard/shared/ledger";
import { describe, expect, test } from "vitest";
import { accessChecker, hashSecret, parseAccessKey } from "./access.ts";

const PEPPER = "a-pepper-for-tests-only";
const SECRET = "0123456789abcdef";

/** Keys in memory, and how often each was looked up. */
function keysOf(...rows: Partial<AccessKeyRow>[]) {
  const lookups: string[] = [];
  const stored = rows.map((row) => ({
    keyId: "k1",
    secretHash: hashSecret(PEPPER, SECRET),
    tenant: "acme",
    scopes: ["jobs:read" as const],
    createdAt: 0,
    ...row,
  }));
  const find: AccessKeys["find"] = async (keyId) => {
    lookups.push(keyId);
    return stored.find((row) => row.keyId === keyId) ?? null;
  };
  const check = accessChecker(PEPPER);
  return { lookups, check: (headers?: readonly string[]) => check(headers, { find } as AccessKeys) };
}

const bearer = (key: string) => [`Bearer ${key}`];
const refused = expect.objectContaining({ code: "KEY_REJECTED" });

describe("a caller", () => {
  test("is who the key says", async () => {
    const { check } = keysOf({});
    const caller = { tenant: "acme", keyId: "k1", scopes: ["jobs:read"], bounds: { min: null, max: null } };
    expect(await check(bearer(`sk-sy-k1-${SECRET}`))).toEqual(caller);
    expect(await check([`bearer sk-sy-k1-${SECRET}`])).toEqual(caller);
  });

  test.each<[what: string, headers: string[] | undefined]>([
    ["no header", undefined],
    ["no value", [""]],
    ["two headers", [`Bearer sk-sy-k1-${SECRET}`, `Bearer sk-sy-k1-${SECRET}`]],
    ["another scheme", [`Basic sk-sy-k1-${SECRET}`]],
    ["two blanks", [`Bearer  sk-sy-k1-${SECRET}`]],
    ["a line break behind", [`Bearer sk-sy-k1-${SECRET}\n`]],
    ["a short secret", bearer("sk-sy-k1-short")],
    ["a long secret", bearer(`sk-sy-k1-${"x".repeat(129)}`)],
    ["a foreign prefix", bearer(`sk-proj-k1-${SECRET}`)],
    ["capitals", bearer(`SK-SY-k1-${SECRET}`)],
    ["a Cyrillic letter", bearer(`sk-sy-к1-${SECRET}`)],
  ])("with %s is refused before anything is looked up", async (_, headers) => {
    const { check, lookups } = keysOf({});
    await expect(check(headers)).rejects.toEqual(refused);
    expect(lookups).toEqual([]);
  });

  test.each<[what: string, row: Partial<AccessKeyRow>]>([
    ["another secret", { secretHash: hashSecret(PEPPER, "fedcba9876543210") }],
    ["another pepper", { secretHash: hashSecret("another pepper", SECRET) }],
    ["a broken hash", { secretHash: "abc" }],
    ["an empty hash", { secretHash: "" }],
    ["an expired key", { notAfter: Date.now() - 1 }],
    ["a revoked key", { revokedAt: 1 }],
    ["an unknown key", { keyId: "k2" }],
  ])("with %s is refused in the very same words", async (_, row) => {
    const { check, lookups } = keysOf(row);
    const words = await check(undefined).catch((error: Error) => error.message);
    await expect(check(bearer(`sk-sy-k1-${SECRET}`))).rejects.toThrow(String(words));
    expect(lookups).toEqual(["k1"]);
  });

  test("that cannot be looked up is not let in", async () => {
    const find = () => Promise.reject(new Error("down"));
    const keys = { find } as unknown as AccessKeys;
    await expect(accessChecker(PEPPER)(bearer(`sk-sy-k1-${SECRET}`), keys)).rejects.toThrow("down");
  });
});

describe("the cache", () => {
  test("asks once for many requests, known and unknown keys alike", async () => {
    const { check, lookups } = keysOf({});
    for (let round = 0; round < 5; round += 1) {
      await check(bearer(`sk-sy-k1-${SECRET}`));
      await check(bearer(`sk-sy-k9-${SECRET}`)).catch(() => {});
    }
    expect(lookups).toEqual(["k1", "k9"]);
  });

  test("holds the row, never the verdict: the wrong secret is refused beside the right one", async () => {
    const { check } = keysOf({});
    await check(bearer(`sk-sy-k1-${SECRET}`));
    await expect(check(bearer("sk-sy-k1-fedcba9876543210"))).rejects.toEqual(refused);
  });

  test("does not outlive the key's own end", async () => {
    const notAfter = Date.now() + 50;
    const { check } = keysOf({ notAfter });
    await check(bearer(`sk-sy-k1-${SECRET}`));
    await expect.poll(() => check(bearer(`sk-sy-k1-${SECRET}`)).catch(() => "refused")).toBe("refused");
  });
});

test("a key that is none of ours is told by what one looks like", () => {
  expect(parseAccessKey(`sk-sy-k1-${SECRET}`)).toEqual({ keyId: "k1", secret: SECRET });
  expect(() => parseAccessKey("sk-12345")).toThrow("sk-sy-<id>-<secret>");
});
