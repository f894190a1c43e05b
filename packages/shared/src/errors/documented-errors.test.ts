import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ERROR_KINDS, ERRORS, type ErrorRow } from "./catalogue.ts";

const text = readFileSync(join(import.meta.dirname, "../../../../docs/errors.md"), "utf8");
const lines = text
  .split("\n")
  .filter((line) => /^\| `[A-Z_]+` \|/.test(line))
  .map((line) =>
    line
      .split("|")
      .map((cell) => cell.trim())
      .slice(1, -1),
  );
const rows: [code: string, row: ErrorRow][] = Object.entries(ERRORS);

test("every error has one line in docs/errors.md, and every line is of an error", () => {
  const documented = lines.map(([code]) => code?.replaceAll("`", ""));
  expect(documented.sort()).toEqual(Object.keys(ERRORS).sort());
});

test("docs/errors.md gives every error the name, kind and status that callers get", () => {
  const documented = lines.map(([code, api, kind, status]) => ({
    code: code?.replaceAll("`", ""),
    api: api?.replace(/<a id="[a-z_]+"><\/a>/, "").replaceAll("`", ""),
    kind,
    status: Number(status),
  }));
  const actual = rows.map(([code, row]) => ({
    code,
    api: row.api,
    kind: row.kind,
    status: row.status ?? ERROR_KINDS[row.kind].status,
  }));
  expect(documented).toEqual(expect.arrayContaining(actual));
});

test("docs/errors.md says of every error what it means and what to do", () => {
  for (const [code, , , , meaning, todo] of lines) {
    expect(meaning, code).toMatch(/^[A-Z].*\.$/);
    expect(todo, code).toMatch(/^[A-Z].*\.$/);
  }
});

test("the link in every error body leads to one place in docs/errors.md", () => {
  const anchors = [...text.matchAll(/<a id="([a-z_]+)"><\/a>`([a-z_]+)`/g)];
  expect(anchors.map(([, id]) => id).sort()).toEqual([...new Set(rows.map(([, { api }]) => api))].sort());
  for (const [, id, api] of anchors) expect(id).toBe(api);
});

test("docs/errors.md gives every kind the status of the catalogue", () => {
  const kinds = [...text.matchAll(/^\| `([a-z]+)` \| .* \| (\d{3}) \|$/gm)];
  const documented = Object.fromEntries(kinds.map(([, kind, status]) => [kind, Number(status)]));
  const actual = Object.fromEntries(Object.entries(ERROR_KINDS).map(([kind, { status }]) => [kind, status]));
  expect(documented).toEqual(actual);
});

test("every code is named NOUN_PROBLEM, has a name for callers and a title in words", () => {
  for (const [code, { api, title }] of rows) {
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)+$/);
    expect(api).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(title).toMatch(/^[A-Z][^.]*$/);
  }
});
