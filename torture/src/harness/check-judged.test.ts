import { expect, it } from "vitest";
import { at, COST, closed, settled, sound, TOKENS } from "./__fixtures__/sound-evidence.ts";
import { check } from "./check.ts";
import type { Evidence } from "./evidence.ts";

/** Every job was judged by a model first: the first for an answer, the third in vain. */
function judged(): Evidence {
  const evidence = sound();
  const rows = [
    { ...settled("one", 9, 3), kind: "classify", hasAnswer: false },
    { ...closed("two", 9, "unknown"), kind: "classify" },
    { ...closed("three", 9, "void"), kind: "classify" },
  ];
  const [line] = evidence.bill;
  const bill = [{ ...line, attemptId: "one.9" }, ...evidence.bill] as Evidence["bill"];
  const [total] = evidence.totals;
  const { cacheWriteTokens: _, ...tokens } = TOKENS;
  const counts = Object.entries(tokens).map(([name, count]) => [name, BigInt(count)]);
  const sums = { ...Object.fromEntries(counts), calls: 1n, costPicoUsd: COST };
  const totals = [{ ...total, sums: sumsWith(total?.sums, sums), slots: [0, 1, 2, 3] }] as Evidence["totals"];
  const jobs = at(evidence.jobs, 0, { costPicoUsd: 2n * COST });
  return { ...evidence, jobs, bill, totals, attempts: [...rows, ...evidence.attempts] };
}

function sumsWith(sums: object | undefined, more: Record<string, bigint>): Record<string, bigint> {
  const all: Record<string, bigint> = { ...sums };
  for (const [name, amount] of Object.entries(more)) all[name] = (all[name] ?? 0n) + amount;
  return all;
}

it("what judged a job is a call like any other, and neither its answer nor a second one", () => {
  expect(check(judged())).toEqual([]);
});

it("a job that was judged twice is told", () => {
  const evidence = judged();
  const again = { ...closed("three", 8, "void"), kind: "classify" };
  const problems = check({ ...evidence, attempts: [...evidence.attempts, again] });
  expect(problems.map(({ what }) => what)).toEqual(["three was judged by 2 calls"]);
});

it("a job that was replayed may be judged and answered once more", () => {
  const evidence = judged();
  const again = [
    { ...settled("one", 7, 7), generation: 2 },
    { ...settled("one", 8, 8), generation: 2, kind: "classify", hasAnswer: false },
    { ...closed("three", 8, "void"), generation: 2, kind: "classify" },
  ];
  const problems = check({ ...evidence, attempts: [...evidence.attempts, ...again] });
  // What else it says is of money: the bill and the totals know nothing of the second generation.
  expect(problems.filter(({ invariant }) => invariant === "I6")).toEqual([]);
});

it("a job that may pay once may be judged and answered, and not answered twice", () => {
  const evidence = judged();
  const told = evidence.told.map((job) => ({ ...job, onUnknown: "fail" as const }));
  const problems = check({ ...evidence, told });
  expect(problems.map(({ what }) => what)).toEqual(["two may pay once and was billed 2 times"]);
});
