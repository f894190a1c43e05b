import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { totalsKey } from "./keys.ts";
import { taggedBy, tagsIn, tagsPart } from "./tags.ts";
import { aboutOf } from "./totals-places.ts";

const NAMES = ["team", "project", "a.b_c-9"];
const value = fc.string({ unit: "binary", maxLength: 512 });
const anyMetadata = fc.dictionary(fc.constantFrom(...NAMES, "other", "Team"), value, {
  noNullPrototype: true,
});

describe("a job's tags", () => {
  test("are the named values of its metadata, and none of its others", () => {
    const metadata = { team: "growth", other: "x", Team: "y", project: "" };
    expect(taggedBy(metadata, NAMES)).toEqual({ tags: { team: "growth" } });
    expect(taggedBy(metadata, [])).toEqual({});
    expect(taggedBy({}, ["constructor", "toString"])).toEqual({});
  });

  test("keep a long value as its beginning and a digest, so that two of them stay apart", () => {
    const long = (end: string) => taggedBy({ team: "x".repeat(511) + end }, NAMES).tags?.["team"] ?? "";
    expect(long("a")).toMatch(/^x{111}~[0-9a-f]{16}$/);
    expect(long("a")).not.toBe(long("b"));
    expect(taggedBy({ team: "x".repeat(128) }, NAMES).tags).toEqual({ team: "x".repeat(128) });
    // 3 bytes each, of UTF-8 or of an escape.
    for (const character of ["語", "#"]) {
      expect(taggedBy({ team: character.repeat(42) }, NAMES).tags).toEqual({ team: character.repeat(42) });
      expect(taggedBy({ team: character.repeat(43) }, NAMES).tags?.["team"]).toMatch(/^.{37}~[0-9a-f]{16}$/u);
    }
    expect(taggedBy({ team: "a\ud800" }, NAMES).tags).toEqual({ team: "a\ufffd" });
  });

  test("are read from a key as they were written, whatever is in them", () => {
    const property = fc.property(anyMetadata, (metadata) => {
      const { tags = {} } = taggedBy(metadata, NAMES);
      const part = tagsPart(tags);
      expect(tagsIn(part)).toEqual(tags);
      expect(part).not.toMatch(/[#\p{Cc}]/u);
      const backwards = Object.fromEntries(Object.entries(tags).reverse());
      expect(tagsPart(backwards)).toBe(part);
    });
    fc.assert(property);
    expect(tagsIn(tagsPart({ team: "a=b&c#d%23" }))).toEqual({ team: "a=b&c#d%23" });
  });

  test("fit into a key of the totals beside the longest names there are", () => {
    const names = ["x", "y", "z"].map((letter) => letter.repeat(64));
    const id = "m".repeat(63);
    const property = fc.property(fc.tuple(value, value, value), (values) => {
      const metadata = Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
      const counted = { modelId: id, providerId: id, class: "CALCULATION", kind: "classify" } as const;
      const about = aboutOf({ ...counted, tenant: id, keyId: "k".repeat(32), ...taggedBy(metadata, names) });
      const { sk } = totalsKey(id, { hour: "2026-01-31T23", bucket: "0123456789ab-9999999" }, about);
      expect(Buffer.byteLength(sk)).toBeLessThanOrEqual(1_024);
    });
    fc.assert(property, {
      examples: [[["#".repeat(512), "語".repeat(512), "\u0000".repeat(512)]], [["", "x".repeat(512), "😀"]]],
    });
  });
});
