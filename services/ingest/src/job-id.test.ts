import { JobId } from "@switchyard/shared/contracts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { derivedJobId, fingerprintOf, jobIdOf, randomJobId } from "./job-id.ts";

const scope = { tenant: "acme", route: "POST /v1/jobs", key: "order-1" };

describe("job ids", () => {
  test("have the one format, whatever they are made from", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 17, maxLength: 32 }), (bytes) => {
        expect(JobId.safeParse(jobIdOf(bytes)).success).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (key, tenant) => {
        expect(JobId.safeParse(derivedJobId("secret", { ...scope, key, tenant })).success).toBe(true);
      }),
    );
  });

  test("hold the first 130 bits, in order", () => {
    expect(jobIdOf(new Uint8Array(17))).toBe(`job_${"0".repeat(26)}`);
    expect(jobIdOf(new Uint8Array(17).fill(255))).toBe(`job_${"z".repeat(26)}`);
    const bytes = new Uint8Array(17);
    bytes[0] = 0b0000_1000;
    expect(jobIdOf(bytes)).toBe(`job_1${"0".repeat(25)}`);
  });

  test("of one secret, tenant, route and key are always the same", () => {
    expect(derivedJobId("secret", scope)).toBe(derivedJobId("secret", { ...scope }));
    // Spelled out, because a release that derives other ids would pay twice for every retry that spans it.
    expect(derivedJobId("secret", scope)).toBe("job_1g41xhed5z53ntbf07nhhk8qm7");
  });

  test("differ when anything they are derived from differs, and parts never run together", () => {
    const ids = [
      derivedJobId("secret", scope),
      derivedJobId("secret2", scope),
      derivedJobId("secret", { ...scope, tenant: "acme2" }),
      derivedJobId("secret", { ...scope, route: "POST /v1/jobs/batch" }),
      derivedJobId("secret", { ...scope, key: "order-2" }),
      derivedJobId("secret", { tenant: "a", route: "b", key: "c" }),
      derivedJobId("secret", { tenant: "a,b", route: "", key: "c" }),
      derivedJobId("secret", { tenant: 'a","b', route: "", key: "c" }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("are spread evenly: no character of any place is rare, and none repeats", () => {
    const ids = Array.from({ length: 3_200 }, (_, index) =>
      index % 2 === 0 ? randomJobId() : derivedJobId("secret", { ...scope, key: String(index) }),
    );
    expect(new Set(ids).size).toBe(ids.length);
    for (let place = 4; place < 30; place += 1) {
      const counts = Map.groupBy(ids, (id) => id[place]);
      expect(counts.size).toBe(32);
      // 100 are expected of each; 45 away from that is beyond four and a half standard deviations.
      for (const group of counts.values()) expect(Math.abs(group.length - 100)).toBeLessThan(60);
    }
  });
});

describe("fingerprintOf", () => {
  const shuffled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffled);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, member]) => [key, shuffled(member)]),
    );
  };

  test("does not depend on the order of keys", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(fingerprintOf(shuffled(value))).toBe(fingerprintOf(value));
      }),
    );
  });

  test("depends on everything else: two bodies of one fingerprint are one body", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const areOne = JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));
        expect(fingerprintOf(a) === fingerprintOf(b)).toBe(areOne);
      }),
    );
    const bodies = [
      { a: [1, 2] },
      { a: [2, 1] },
      { a: ["1", 2] },
      { a: 1 },
      [["a", 1]],
      {},
      [],
      null,
      "",
      0,
      false,
    ];
    expect(new Set(bodies.map(fingerprintOf)).size).toBe(bodies.length);
  });
});

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return { list: value.map(canonical) };
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([key, member]) => [key, canonical(member)]);
  return { object: members.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)) };
}
