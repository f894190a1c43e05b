import { expect, test } from "vitest";
import { renderRun } from "./render-run.ts";
import { runRouting } from "./run-routing.ts";
import { shippedSubject } from "./subject.ts";

const DIGESTS = { file: "f".repeat(64), text: "7".repeat(64) };
const SECRET = "plover-egg";
const promptOf = (content: string) => ({ messages: [{ role: "user", content: `${SECRET} ${content}` }] });
const KINDS = [
  "What is the capital of Norway?",
  "what is 17 times 23?",
  "Prove that there are infinitely many primes.",
];
const contents = Array.from({ length: 60 }, (_, index) => `${KINDS[index % 3]} (${index})`);
const labelled = contents.map((content, index) => ({
  prompt: promptOf(content),
  label: index % 3,
  lengthUnits: content.length,
  sourceGroup: "a-source-with-a-long-name/with-a-folder",
  language: "en",
  slice: "a slice whose name is forty characters..",
}));
const answered = contents.map((content, index) => ({
  prompt: promptOf(content),
  lengthUnits: content.length,
  cheap: { score: index % 3 === 0 ? 1 : 0.4, cost: 0.00001 },
  strong: { score: 0.9, cost: 0.002 },
}));

const run = await runRouting({
  read: { seed: 1, calculation: "strong" },
  inputs: {
    labelled: [{ name: "l.jsonl", digests: DIGESTS, rows: labelled, isTrainedOn: true }],
    outcomes: [{ name: "o.jsonl", digests: DIGESTS, rows: answered }],
    lengthTrain: [],
    excluded: [],
  },
  judge: shippedSubject().judge,
});
const lines = renderRun(run);

test("neither the result nor the terminal shows a prompt", () => {
  expect(JSON.stringify(run)).not.toContain(SECRET);
  expect(lines.join("\n")).not.toContain(SECRET);
});

test("everything fits a terminal of 100 columns", () => {
  expect(lines.filter((line) => line.length > 100)).toEqual([]);
});

test("CALCULATION is routed as the command says", () => {
  expect(run.outcomes[0]?.routes).toEqual({ SIMPLE: "cheap", CALCULATION: "strong", COMPLEX: "strong" });
});

test("rows that the judge was trained on are announced loudly", () => {
  expect(lines.join("\n")).toContain("THE JUDGE WAS TRAINED ON l.jsonl");
});

test("every control stands in the same table as the router", () => {
  expect(Object.keys(run.labelled?.scores.figures ?? {})).toEqual([
    "router",
    "always SIMPLE (majority)",
    "always CALCULATION",
    "always COMPLEX",
    "random by class shares",
    "length, stated rule",
    "length, fitted in hindsight",
    "shuffled",
  ]);
  expect(Object.keys(run.outcomes[0]?.scores.figures ?? {})).toEqual([
    "router",
    "always cheap",
    "always strong",
    "random",
    "length",
    "shuffled",
  ]);
});

test("a control that the router does not beat is named in words", () => {
  const unbeaten = lines.filter((line) => line.startsWith("! "));
  for (const { verdict, metric, control } of run.outcomes[0]?.scores.comparisons ?? []) {
    const line = unbeaten.find((one) => one.startsWith(`! ${metric}: `)) ?? "";
    if (verdict !== "better than") expect(line).toMatch(new RegExp(`${verdict} [^;]*${control}`));
  }
  expect(unbeaten.length).toBeGreaterThan(0);
});
