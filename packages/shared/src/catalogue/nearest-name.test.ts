import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nearestName } from "./nearest-name.ts";

const MODELS = ["sim-small", "sim-math", "sim-large", "gpt-4.1", "o3"];

describe("nearestName", () => {
  test.each([
    ["sim-smal", "sim-small"],
    ["sim-smalll", "sim-small"],
    ["sim-samll", "sim-small"],
    ["sim-lagre", "sim-large"],
    ["ism-samll", "sim-small"],
    ["SIM-MATH", "sim-math"],
    ["gpt-41", "gpt-4.1"],
    ["simmat", "sim-math"],
  ])("%s was meant to be %s", (wrong, meant) => {
    expect(nearestName(wrong, MODELS)).toBe(meant);
  });

  test.each(["claude", "sim-medium", "sim-smxyz", "x", "", "o4x"])(
    "%j is nothing like any of them",
    (wrong) => {
      expect(nearestName(wrong, MODELS)).toBeNull();
    },
  );

  test("a name that is there is its own nearest", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."abcd-12"), minLength: 1 }), (name) => {
        return nearestName(name, ["aaaa", name, `${name}x`])?.toLowerCase() === name;
      }),
    );
  });

  test("one slip of any kind in a long name is found", () => {
    const name = fc.string({ unit: fc.constantFrom(..."abcdefgh"), minLength: 5, maxLength: 20 });
    fc.assert(
      fc.property(name, fc.nat(), fc.constantFrom("cut", "add", "swap"), (meant, at, kind) => {
        const place = at % (meant.length - 1);
        const [before, here, next, after] = [
          meant.slice(0, place),
          meant[place] ?? "",
          meant[place + 1] ?? "",
          meant.slice(place + 2),
        ];
        const middle = { cut: next, add: `${here}z${next}`, swap: next + here }[kind];
        expect(nearestName(before + middle + after, ["quite-another", meant])).toBe(meant);
      }),
    );
  });
});
