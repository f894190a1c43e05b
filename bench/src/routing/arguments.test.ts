import { expect, test } from "vitest";
import { commandOf, readArguments, resultNameOf } from "./arguments.ts";

const read = (...words: string[]) => {
  const problems: string[] = [];
  return { ...readArguments(words, problems), problems };
};

test("a list takes every word up to the next option, and may be given again", () => {
  const given = read("--labelled", "a", "b", "--seed", "7", "--labelled=c", "--outcomes", "d", "--no-write");
  expect(given).toMatchObject({
    labelled: ["a", "b", "c"],
    outcomes: ["d"],
    seed: 7,
    calculation: "strong",
    isWritten: false,
    isTrainedExcluded: false,
    problems: [],
  });
});

test("the command that is published names files without their folders", () => {
  const given = read(
    "--labelled",
    "/home/a/x.jsonl.gz",
    "--outcomes",
    "../y.jsonl",
    "--cheap",
    "m",
    "--out",
    "/tmp/z",
  );
  expect(commandOf(given)).toBe(
    "npm run bench:routing -- --labelled x.jsonl.gz --outcomes y.jsonl --cheap m --calculation strong --seed 1",
  );
  expect(resultNameOf(given)).toBe("x+y");
});

test("all mistakes are told at once", () => {
  const { problems } = read("lone", "--labeled", "a", "--seed", "x", "--calculation", "both", "--out");
  expect(problems).toEqual([
    "lone: is behind no option that takes files",
    expect.stringMatching(/^--labeled: there are --labelled, /),
    "a: is behind no option that takes files",
    "--out: its value is missing",
    "--seed is no whole number below 2^32",
    "--calculation is cheap or strong",
  ]);
});

test("without a file there is nothing to do", () => {
  expect(read().problems).toEqual(["nothing to evaluate: give --labelled FILE or --outcomes FILE"]);
});
