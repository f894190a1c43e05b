import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { FAULTS, type Fault } from "./fault-table.ts";

const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

it("the README lists every fault, whether it is billed, and what the caller sees", () => {
  const listed = [...README.matchAll(/^\| `([^`]+)` +\| (yes|no) +\| (.*\S) +\|$/gm)].map(
    ([, ...cells]) => cells,
  );
  const expected = Object.entries<Fault>(FAULTS).map(([name, { isBilled, summary }]) => [
    name,
    isBilled ? "yes" : "no",
    summary,
  ]);
  expect(listed).toEqual(expected);
});

it("no refusal is billed, and everything that may follow a whole answer is", () => {
  for (const { behaviour, isBilled } of Object.values<Fault>(FAULTS)) {
    if (behaviour.kind === "refuse" || behaviour.kind === "redirect") expect(isBilled).toBe(false);
    if (["trickle", "flood", "edit", "claim"].includes(behaviour.kind)) expect(isBilled).toBe(true);
  }
});
