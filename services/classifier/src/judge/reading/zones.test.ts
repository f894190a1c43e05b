import { expect, test } from "vitest";
import { scan, scanned } from "./scan.ts";
import { findZones, zones } from "./zones.ts";

/** The words of a text that belong to its instruction. */
function askedIn(text: string): string {
  scan(text);
  findZones();
  const words: string[] = [];
  for (let token = 0; token < scanned.tokens; token += 1) {
    if (zones.isAsked[token] === 1)
      words.push(String.fromCharCode(...scanned.units.subarray(scanned.starts[token], scanned.ends[token])));
  }
  return words.join(" ");
}

test("a short text is instruction from end to end", () => {
  expect(askedIn("Prove it.\nThen sum up.")).toBe("prove it . then sum up .");
});

test.each([
  'Sum up: "one two three four five"',
  "Sum up: „one two three four five“",
  "Sum up: «one two three four five»",
])("what is quoted at length is given: %s", (text) => expect(askedIn(text)).not.toContain("three"));

test("a quoted word or two belong to the instruction", () => {
  expect(askedIn('What does "carte blanche" mean?')).toContain("carte blanche");
});

test("of a long text the first and the last line are instruction, what lies between is given", () => {
  const page = "The harbour lay quiet under a thin fog. ".repeat(20);
  const asked = askedIn(`Translate this:\n${page}\nInto Danish, please.`);
  expect(asked.startsWith("translate this :")).toBe(true);
  expect(asked.endsWith("into danish , please .")).toBe(true);
  expect(asked.length).toBeLessThan(400);
  expect(zones.isPasted).toBe(true);
});

test.each([
  ["```", "Add a docstring:\n```\nconst total = price * count; return prove(total);\n```"],
  ["a tag", "<page>Prove that it holds, design the rest, plan the end.</page> List the names."],
])("what stands in %s is given", (_, text) => {
  const asked = askedIn(text);
  expect(asked).not.toContain("prove");
  expect(asked).toMatch(/docstring|names/);
});
