import { expect, test } from "vitest";
import { fold } from "./fold.ts";
import { measure } from "./structure.ts";
import { tokenize } from "./tokens.ts";

const structureOf = (text: string) => measure(text, tokenize(fold(text)));

test.each([
  ["12 * 7", 1],
  ["6x + 75 = 6097", 2],
  ["(3) / 4", 1],
  ["1920x1080", 1],
  ["3/4/2020", 0],
  ["invoice 2023-118", 0],
  ["well-known and/or new", 0],
  ["True and not False or True", 5 + 1],
])("operations in %s: %i", (text, expected) => expect(structureOf(text).operations).toBe(expected));

test.each([
  ["in 1485", 0, 1],
  ["A320 at 3pm on the 4th", 0, 0],
  ["1,234.5 and ３", 2, 0],
  ["1999 * 2", 2, 0],
])("%s holds %i quantities and %i years", (text, quantities, years) => {
  expect(structureOf(text)).toMatchObject({ quantities, years });
});

test("a name with listed columns is a schema, a call with one argument is not", () => {
  expect(structureOf("orders(id, total) and f(x)").schemas).toBe(1);
});

test("Chinese counts about a word for two characters", () => {
  expect(structureOf("法国的首都").words).toBe(3);
});
