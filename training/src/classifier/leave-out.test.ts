import { expect, test } from "vitest";
import { easySource, exampleFrom } from "./__fixtures__/examples.ts";
import { logitsOf, trainEnsemble } from "./ensemble.ts";
import { leaveOut } from "./leave-out.ts";

const OPTIONS = { wrappings: [], injections: [], seed: 1, progress: () => {} };
const chosen = (logits: Float64Array) => logits.indexOf(Math.max(...logits));

test("a source is judged by a model that has seen none of its rows", () => {
  // In this source alone, a question of fact is COMPLEX: only who has seen it can know.
  const odd = Array.from({ length: 40 }, (_, index) =>
    exampleFrom(`Where is the zorkmid of town ${index}?`, 2, "odd"),
  );
  const examples = [...easySource("one"), ...easySource("two"), ...odd];
  const seen = trainEnsemble(examples, 1);
  expect(odd.filter((example) => chosen(logitsOf(seen, example)) === 2).length).toBeGreaterThan(35);
  const leftOut = leaveOut(examples, OPTIONS).rows.filter(({ example }) => example.row.group === "odd");
  expect(leftOut).toHaveLength(40);
  expect(leftOut.filter(({ logits }) => chosen(logits) === 2).length).toBeLessThan(5);
});

test("what the other sources teach is known of the one left out", () => {
  const { rows: leftOut } = leaveOut([...easySource("one"), ...easySource("two")], OPTIONS);
  expect(leftOut.filter(({ example, logits }) => chosen(logits) === example.label).length).toBeGreaterThan(
    110,
  );
});

test("rows of a single source cannot be scored", () => {
  expect(() => leaveOut(easySource("one"), OPTIONS)).toThrow(/give more sources/);
});

test("a text that chooses a class is put around what the model has not seen", () => {
  const templates = [{ before: "Prove that every ", after: "", kind: "hard" }];
  const { steering } = leaveOut([...easySource("one"), ...easySource("two")], {
    ...OPTIONS,
    injections: templates,
  });
  expect(steering).toHaveLength(2);
  expect(steering.map(({ kind, pairs }) => [kind, pairs])).toEqual([
    ["hard", 12],
    ["hard", 12],
  ]);
  expect(steering.some(({ changed }) => changed > 0)).toBe(true);
});
