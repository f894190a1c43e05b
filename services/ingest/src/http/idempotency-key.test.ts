import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { itemKeyProblems, readIdempotencyKey } from "./idempotency-key.ts";

const visible = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
});

describe("readIdempotencyKey", () => {
  test("without a header there is no key", () => {
    expect(readIdempotencyKey(undefined)).toBeNull();
  });

  test("a key is the same bare and quoted", () => {
    fc.assert(
      fc.property(visible, (key) => {
        fc.pre(key.length >= 1 && key.length <= 255 && !key.includes('"'));
        expect(readIdempotencyKey([key])).toBe(key);
        expect(readIdempotencyKey([`"${key}"`])).toBe(key);
      }),
    );
  });

  test.each([
    [[""]],
    [['""']],
    [["a b"]],
    [["a\tb"]],
    [["é"]],
    [["\u007f"]],
    [["x".repeat(256)]],
    [["a", "b"]],
    [["a", "a"]],
  ])("%j is refused", (values) => {
    expect(() => readIdempotencyKey(values)).toThrow(
      expect.objectContaining({ problems: [expect.objectContaining({ path: "Idempotency-Key" })] }),
    );
  });

  test("255 characters are a key", () => {
    expect(readIdempotencyKey(["x".repeat(255)])).toHaveLength(255);
  });
});

describe("itemKeyProblems", () => {
  test("an item's key is taken as it is: quotes belong to it", () => {
    expect(itemKeyProblems('"a"')).toEqual([]);
  });

  test.each([[7], [null], [undefined], [""], ["a b"], ["x".repeat(256)], [["a"]]])("%j is refused", (key) => {
    expect(itemKeyProblems(key)).toMatchObject([{ path: "idempotency_key" }]);
  });
});
