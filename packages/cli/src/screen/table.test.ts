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

test("no rows are the names alone", () => {
  expect(renderTable(COLUMNS, [], null)).toBe("model  jobs  spend\n");
});
