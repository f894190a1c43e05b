import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { checked, decodeText, depthExceeds, invalid, MAX_DEPTH, parseJson } from "./json-body.ts";

/** How deep a parsed value nests, found the slow way. */
function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe("depthExceeds", () => {
  test("agrees with a parser on every JSON text and every limit", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), fc.integer({ min: 0, max: 9 }), (text, limit) => {
        expect(depthExceeds(text, limit)).toBe(depthOf(JSON.parse(text)) > limit);
      }),
      { numRuns: 1_000 },
    );
  });

  test("is not fooled by brackets, quotes and backslashes inside strings", () => {
    const strings = fc.array(fc.constantFrom("[", "]", "{", "}", '"', "\\", "\\\\", '\\"', "a"), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(strings, strings, (key, value) => {
        const text = JSON.stringify([{ [key.join("")]: value.join("") }]);
        expect([depthExceeds(text, 2), depthExceeds(text, 1)]).toEqual([false, true]);
      }),
    );
  });

  test("says something about any text at all, and never fails", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => typeof depthExceeds(text, 3) === "boolean"),
    );
  });

  test("stops at the limit, however much follows", () => {
    expect(depthExceeds("[".repeat(1_000_000), MAX_DEPTH)).toBe(true);
  });
});

describe("parseJson", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

  test("takes 32 levels and refuses 33 before it parses them", () => {
    expect(depthOf(parseJson(nested(32)))).toBe(32);
    expect(() => parseJson(nested(33))).toThrow("nests deeper than 32 levels");
  });

  test("tells where the syntax is wrong and never what is there", () => {
    for (const text of [
      '{"secret": hunter2}',
      '{"secret"',
      '{"secret":"a',
      '{"secret" "hunter2"}',
      "hunter2",
    ]) {
      expect(() => parseJson(text)).toThrow(/^the body is not valid JSON( at character \d+)?$/);
    }
    expect(() => parseJson('{"secret" "hunter2"}')).toThrow("at character 10");
  });
});

describe("decodeText", () => {
  test("gives back what UTF-8 holds, its byte order mark included", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (text) => {
        expect(decodeText(Buffer.from(text))).toBe(text);
      }),
    );
    expect(decodeText(Buffer.from("\ufeff{}"))).toBe("\ufeff{}");
  });

  test.each([
    ["nothing", undefined],
    ["no bytes", Buffer.alloc(0)],
    ["an object that some parser made", {}],
    ["bytes that are not UTF-8", Buffer.from([0x22, 0xff, 0x22])],
  ])("refuses %s", (_, raw) => {
    expect(() => decodeText(raw)).toThrow(expect.objectContaining({ code: "JSON_INVALID" }));
  });
});

describe("checked", () => {
  const schema = z.strictObject({ a: z.string(), b: z.array(z.strictObject({ c: z.number() })) });

  function problemsOf(value: unknown) {
    try {
      checked(schema, value);
    } catch (error) {
      return (error as ReturnType<typeof invalid>).problems;
    }
    return [];
  }

  test("names every problem by its path", () => {
    const paths = problemsOf({ a: 1, b: [{ c: "x" }, { c: 1, d: 2 }], e: 1 }).map(({ path }) => path);
    expect(paths.toSorted()).toEqual(["a", "b.0.c", "b.1.d", "e"]);
  });

  test("keeps long names short and stops after 50", () => {
    const value = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, index) => [`${"k".repeat(100)}${index}`, 1]),
    );
    const problems = problemsOf(value);
    expect(problems).toHaveLength(50);
    expect(Math.max(...problems.map(({ path }) => path.length))).toBe(64);
  });

  test("an error's text holds every problem, and none has a path of its own when it has none", () => {
    const problems = [
      { path: "", code: "x", detail: "must be an object" },
      { path: "a", code: "y", detail: "must not be empty" },
    ];
    expect(invalid(problems).message).toBe("must be an object; a: must not be empty");
  });
});
