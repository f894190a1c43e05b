import { expect, test } from "vitest";
import { renderTable } from "./table.ts";

const COLUMNS = [
  { name: "model" },
  { name: "jobs", align: "right" },
  { name: "spend", align: "decimal" },
] as const;
const ROWS = [
  ["sim-small", "3", "0.0000135"],
  ["b", "1200", "12"],
  ["c", "1", "-"],
];

test("names stand at the left, numbers at the right, and decimal points above each other", () => {
  expect(renderTable(COLUMNS, ROWS, null)).toBe(
    [
      "model      jobs       spend",
      "sim-small     3   0.0000135",
      "b          1200  12",
      "c             1   -",
      "",
    ].join("\n"),
  );
});

test("where a line would be wider than the screen, a row is a block and nothing is cut", () => {
  expect(renderTable(COLUMNS, [...ROWS.slice(0, 1), ["b", "", "1"]], 20)).toBe(
    ["model  sim-small", "jobs   3", "spend  0.0000135", "", "model  b", "spend  1", ""].join("\n"),
  );
  expect(renderTable(COLUMNS, ROWS, 27)).toBe(renderTable(COLUMNS, ROWS, null));
});

test.each([80, 10, null])(
  "what a cell holds speaks to no terminal and breaks no line, %s columns wide",
  (width) => {
    const said = "\u001b]0;owned\u0007\u009b2K\nall\u2028\u202e1000000 é";
    const text = renderTable(COLUMNS, [[said, "1", "1"]], width);
    expect(text).toContain("\\u001b]0;owned\\u0007\\u009b2K\\u000aall\\u2028\\u202e1000000 é");
    expect(text).not.toMatch(/[^\P{Cc}\n]|[\u2028\u202e]/u);
    expect(text.trimEnd().split("\n")).toHaveLength(width === null || width === 80 ? 2 : 3);
  },
);

test("no rows are the names alone", () => {
  expect(renderTable(COLUMNS, [], null)).toBe("model  jobs  spend\n");
});
