import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { readInputs } from "./inputs.ts";
import { readJsonLines } from "./json-lines.ts";
import { labelledRow } from "./labelled-row.ts";
import { outcomeRowWith } from "./outcome-row.ts";

const folder = mkdtempSync(join(tmpdir(), "bench-routing-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const NO_ARGUMENTS = { labelled: [], outcomes: [], lengthTrain: [], models: {}, isTrainedExcluded: false };
const inputsOf = (given: Partial<Parameters<typeof readInputs>[0]>, trainedOn: string[] = []) => {
  const problems: string[] = [];
  const inputs = readInputs({ ...NO_ARGUMENTS, ...given }, trainedOn, problems);
  return { ...inputs, problems: problems.map((problem) => problem.replaceAll(`${folder}/`, "")) };
};
const GOOD = '{"prompt":"2+2","label":"CALCULATION","source":"ours one","lang":"en"}\n';

test("a compressed file gives the rows of the plain one, and the digest of its text", () => {
  const plain = readJsonLines(fileOf("a.jsonl", `\uFEFF${GOOD}\r\n\n`), labelledRow, []);
  const packed = readJsonLines(fileOf("a.jsonl.gz", gzipSync(`\uFEFF${GOOD}\r\n\n`)), labelledRow, []);
  expect(packed.rows).toEqual(plain.rows);
  expect(packed.digests.text).toBe(plain.digests.file);
  expect(packed.digests.file).not.toBe(plain.digests.file);
  expect(plain.rows).toEqual([
    {
      prompt: { messages: [{ role: "user", content: "2+2" }] },
      label: 1,
      lengthUnits: 3,
      sourceGroup: "ours",
      language: "en",
      slice: null,
    },
  ]);
});

test("messages are read as the API takes them, parts of text included", () => {
  const messages = [
    { role: "system", content: "Be brief." },
    { role: "user", content: [{ type: "text", text: "Why?" }, { type: "image_url" }] },
  ];
  const path = fileOf("messages.jsonl", JSON.stringify({ messages, label: "complex" }));
  const [row] = readJsonLines(path, labelledRow, []).rows;
  expect(row?.label).toBe(2);
  expect(row?.prompt.messages[1]?.content).toBe("Why?\n");
});

test("all problems of all files are told at once, with file and line and never the prompt", () => {
  const labelled = fileOf(
    "bad.jsonl",
    [
      '{"label":"SIMPLE"}',
      "secret",
      '["secret"]',
      '{"prompt":"secret","label":"HARD"}',
      '{"prompt":"secret"}',
    ].join("\n"),
  );
  const outcomes = fileOf(
    "bad-outcomes.jsonl",
    [
      '{"prompt":"secret","cheap_score":NaN,"strong_score":1}',
      '{"prompt":3,"cheap_score":1.5}',
      '{"prompt":"secret","cheap_score":null,"strong_score":"1"}',
      '{"prompt":"secret","cheap_score":1,"strong_score":1,"cheap_cost":1}',
      '{"prompt":"secret","cheap_score":1,"strong_score":1,"cheap_cost":-1,"strong_cost":2}',
      '{"messages":[{"role":"user"}],"cheap_score":1,"strong_score":1}',
    ].join("\n"),
  );
  const empty = fileOf("empty.jsonl", "\n");
  const torn = fileOf("torn.gz", gzipSync(GOOD).subarray(0, 20));
  const missing = join(folder, "missing.jsonl");
  const { problems } = inputsOf({ labelled: [labelled, empty, torn, missing], outcomes: [outcomes] });
  expect(problems.slice(0, 6)).toEqual([
    "bad.jsonl:1: has neither prompt nor messages",
    "bad.jsonl:2: is not JSON",
    "bad.jsonl:3: is no JSON object",
    "bad.jsonl:4: label is none of SIMPLE, CALCULATION, COMPLEX",
    "bad.jsonl:5: has no label",
    "empty.jsonl: holds no rows",
  ]);
  expect(problems[6]).toMatch(/^torn\.gz: cannot be read/);
  expect(problems[7]).toMatch(/^missing\.jsonl: cannot be read/);
  expect(problems.slice(8)).toEqual([
    "bad-outcomes.jsonl:1: is not JSON: NaN and Infinity are no JSON numbers",
    "bad-outcomes.jsonl:2: prompt is no text",
    "bad-outcomes.jsonl:2: cheap_score is no number from 0 to 1 and no boolean",
    "bad-outcomes.jsonl:2: has no strong_score",
    "bad-outcomes.jsonl:3: has no cheap_score",
    "bad-outcomes.jsonl:3: strong_score is no number from 0 to 1 and no boolean",
    "bad-outcomes.jsonl:4: has the cost of one model only",
    "bad-outcomes.jsonl:5: cheap_cost is no number from 0",
    "bad-outcomes.jsonl:6: messages[0] has no role and content",
  ]);
  expect(problems.join("\n")).not.toContain("secret");
});

test.each([
  ["the documented names", { cheap_score: 0, strong_score: 1, cheap_cost: 2, strong_cost: 3 }],
  [
    "weak and strong, as booleans",
    { weak_correct: false, strong_correct: true, weak_cost: 2, strong_cost: 3 },
  ],
  ["one object for each side", { cheap: { score: 0, cost: 2 }, strong: { score: true, cost: 3 } }],
  ["bare sides", { small: 0, large: 1, small_cost_usd: 2, large_cost_usd: 3 }],
])("outcomes are understood under %s", (_, fields) => {
  const path = fileOf("names.jsonl", JSON.stringify({ question: "Why?", ...fields }));
  const { rows } = readJsonLines(path, outcomeRowWith({}), []);
  expect(rows).toMatchObject([{ cheap: { score: 0, cost: 2 }, strong: { score: 1, cost: 3 } }]);
});

test("scores named after the models are found by those names", () => {
  const fields = { "m-7b": 0.25, "m-7b|total_cost": 1, "M/big": true, "M/big|total_cost": 9 };
  const path = fileOf("models.jsonl", JSON.stringify({ prompt: "Why?", ...fields }));
  const { rows } = readJsonLines(path, outcomeRowWith({ cheap: "m-7b", strong: "M/big" }), []);
  expect(rows).toMatchObject([{ cheap: { score: 0.25, cost: 1 }, strong: { score: 1, cost: 9 } }]);
});

test("a file where only some lines have costs is refused", () => {
  const line = { prompt: "Why?", cheap_score: 0, strong_score: 1 };
  const mixed = [line, { ...line, cheap_cost: 1, strong_cost: 2 }]
    .map((one) => JSON.stringify(one))
    .join("\n");
  expect(inputsOf({ outcomes: [fileOf("mixed.jsonl", mixed)] }).problems).toEqual([
    "mixed.jsonl: only 1 of 2 lines have costs",
  ]);
});

test("a file that the judge was trained on is known by its digest, packed or not, and left out when asked", () => {
  const digest = createHash("sha256").update(GOOD).digest("hex");
  const paths = [fileOf("seen.jsonl.gz", gzipSync(GOOD)), fileOf("new.jsonl", GOOD.replace("2+2", "3+3"))];
  const digestPacked = createHash("sha256").update(gzipSync(GOOD)).digest("hex");
  expect(inputsOf({ labelled: paths }, [digestPacked]).labelled[0]?.isTrainedOn).toBe(true);
  const shown = inputsOf({ labelled: paths }, [digest]);
  expect(shown.labelled.map(({ name, isTrainedOn }) => [name, isTrainedOn])).toEqual([
    ["seen.jsonl.gz", true],
    ["new.jsonl", false],
  ]);
  const without = inputsOf({ labelled: paths, isTrainedExcluded: true }, [digest]);
  expect(without.labelled.map(({ name }) => name)).toEqual(["new.jsonl"]);
  expect(without.excluded).toEqual(["seen.jsonl.gz"]);
  const nothing = inputsOf({ labelled: paths.slice(0, 1), isTrainedExcluded: true }, [digest]);
  expect(nothing.problems).toEqual([
    "the judge was trained on every file given: without them nothing is left to evaluate",
  ]);
});
