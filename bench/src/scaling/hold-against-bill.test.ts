import { expect, test } from "vitest";
import { holdAgainstBill } from "./hold-against-bill.ts";

type Outcome = "settled" | "void" | "unknown" | "in_flight";

function job(id: string, ...outcomes: Outcome[]) {
  const attempts = outcomes.map((outcome, index) => ({ n: index + 1, outcome }));
  return { id, status: "succeeded" as const, attempts };
}

const billed = (jobId: string, n: number) => ({ jobId, attemptId: `${jobId}.${n}` });

test("calls that were answered once each are neither cut nor paid twice, and a refused one is no call", () => {
  const jobs = [job("a", "settled"), job("b", "void", "settled")];
  const kept = holdAgainstBill(jobs, [billed("a", 1), billed("b", 2)]);
  expect(kept).toEqual({ jobs: 2, calls: 2, cut: 0, paidTwice: 0, unanswered: 0 });
});

test("a call that was paid for and whose answer was lost is cut, and its repetition is paid twice", () => {
  const kept = holdAgainstBill([job("a", "unknown", "settled")], [billed("a", 1), billed("a", 2)]);
  expect(kept).toMatchObject({ cut: 1, paidTwice: 1 });
});

test("a call that nobody knows of is cut also where it was never billed, or never written down", () => {
  expect(holdAgainstBill([job("a", "unknown", "settled")], [billed("a", 2)])).toMatchObject({ cut: 1 });
  expect(holdAgainstBill([job("a", "settled")], [billed("a", 1), billed("z", 1)])).toMatchObject({ cut: 1 });
});

test("an answer that was never billed shows that the bill is not whole", () => {
  expect(() => holdAgainstBill([job("a", "settled")], [])).toThrow("a.1");
});

test("a job without an answer is told", () => {
  const failed = { ...job("a", "void"), status: "failed" as const };
  expect(holdAgainstBill([failed], [])).toMatchObject({ unanswered: 1 });
});
