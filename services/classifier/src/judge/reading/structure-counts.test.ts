import { expect, test } from "vitest";
import { scan, scanned } from "./scan.ts";
import { countStructure, counts } from "./structure-counts.ts";
import { findZones } from "./zones.ts";

function countsOf(text: string) {
  scan(text);
  findZones();
  countStructure();
  return { ...counts };
}

test.each([
  ["12 * 7", 1],
  ["6x + 75 = 6097", 2],
  ["(3) / 4", 1],
  ["1920x1080", 1],
  ["3/4/2020", 0],
  ["invoice 2023-118", 0],
  ["well-known and/or new", 0],
])("operations in %s: %i", (text, expected) => expect(countsOf(text).operations).toBe(expected));

test.each([
  ["in 1485", 0, 1],
  ["A320 at 3pm on the 4th", 0, 0],
  ["1,234.5 and ３", 2, 0],
  ["1999 * 2", 2, 0],
])("%s holds %i quantities and %i years", (text, quantities, years) => {
  expect(countsOf(text)).toMatchObject({ quantities, years });
});

test("a name with listed columns is a schema, a call with one argument is not", () => {
  expect(countsOf("orders(id, total) and f(x)").schemas).toBe(1);
});

test("Chinese counts about a word for two characters", () => {
  expect(countsOf("法国的首都").words).toBe(3);
});

test("lists, options, tables and code are told by their lines", () => {
  expect(countsOf("- one\n* two\n1. three\n(a) four\nB) five\n| a | b |\nx = 1;\ny")).toMatchObject({
    bullets: 2,
    numbered: 1,
    options: 2,
    tableLines: 1,
    codeLines: 1,
  });
});

test("`$x$` and `\\alpha` are notation, `$5` is money", () => {
  expect(countsOf("$x$ and \\alpha for $5")).toMatchObject({ latex: 2, currencies: 1 });
});

test("accents, case and width of letters make no difference", () => {
  const unitsOf = (text: string) => {
    scan(text);
    return String.fromCharCode(...scanned.units.subarray(0, scanned.length));
  };
  expect(unitsOf("¿CUÁNTO é ３ Ёлка")).toBe(unitsOf("¿cuanto e\u0301 3 елка"));
});
