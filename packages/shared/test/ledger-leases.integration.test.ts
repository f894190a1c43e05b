import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestLedger, usingLedger } from "./support.ts";

afterAll(watchLeaks());

let now = 1_000_000;
let ledger: TestLedger;

beforeAll(async () => {
  ledger = await usingLedger({ now: () => now });
});
afterAll(() => ledger[Symbol.asyncDispose]());

test("of many who ask at once, one holds the lease", async () => {
  const asked = Array.from({ length: 20 }, (_, index) => ledger.leases.hold("crowd", `h${index}`, 1_000));
  expect((await Promise.all(asked)).filter(Boolean)).toHaveLength(1);
});

test("its holder renews a lease, and nobody else takes it before it has run out", async () => {
  expect(await ledger.leases.hold("renewed", "a", 1_000)).toBe(true);
  now += 900;
  expect(await ledger.leases.hold("renewed", "a", 1_000)).toBe(true);
  now += 1_000;
  expect(await ledger.leases.hold("renewed", "b", 1_000)).toBe(false);
  now += 1;
  expect(await ledger.leases.hold("renewed", "b", 1_000)).toBe(true);
  expect(await ledger.leases.hold("renewed", "a", 1_000)).toBe(false);
});

test("a lease that is given back is free at once; nobody gives back another's", async () => {
  expect(await ledger.leases.hold("returned", "a", 60_000)).toBe(true);
  await ledger.leases.release("returned", "b");
  expect(await ledger.leases.hold("returned", "b", 60_000)).toBe(false);
  await ledger.leases.release("returned", "a");
  expect(await ledger.leases.hold("returned", "b", 60_000)).toBe(true);
  await ledger.leases.release("never held", "a");
  expect(await ledger.leases.hold("never held", "b", 60_000)).toBe(true);
});

test("an access key is created once, found by its id, and refused from its revocation on", async () => {
  const row = {
    keyId: "k1",
    secretHash: "ab",
    tenant: "acme",
    scopes: ["jobs:read" as const],
    createdAt: now,
  };
  expect(await ledger.accessKeys.create(row)).toBe(true);
  expect(await ledger.accessKeys.create({ ...row, tenant: "other" })).toBe(false);
  expect(await ledger.accessKeys.find("k1")).toEqual(row);
  expect(await ledger.accessKeys.find("k2")).toBeNull();
  expect(await ledger.accessKeys.revoke("k1", now)).toBe(true);
  expect(await ledger.accessKeys.find("k1")).toEqual({ ...row, revokedAt: now });
  expect(await ledger.accessKeys.revoke("k2", now)).toBe(false);
  expect(await ledger.accessKeys.find("k2")).toBeNull();
});
