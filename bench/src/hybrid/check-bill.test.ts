import { createHash } from "node:crypto";
import type { AttemptView } from "@switchyard/shared/contracts";
import { describe, expect, test } from "vitest";
import { checkBill } from "./check-bill.ts";

const attempt = (n: number, kind: AttemptView["kind"], cost_usd: string | null) =>
  ({ n, kind, cost_usd }) as AttemptView;
const line = (attemptId: string, prompt: string, costPicoUsd: string) => ({
  attemptId,
  promptSha256: createHash("sha256").update(prompt).digest("hex"),
  costPicoUsd,
});

const JOBS = [
  {
    input: "a",
    job: { id: "j1", attempts: [attempt(1, "classify", "0.00001"), attempt(2, "invoke", "0.5")] },
  },
  { input: "b", job: { id: "j2", attempts: [attempt(1, "invoke", "0.25")] } },
];
const BILL = [
  line("j2.1", "b", "250000000000"),
  line("j1.1", "judge a", "10000000"),
  line("j1.2", "a", "500000000000"),
];

test("a bill of the same calls is right in any order, and its consultations are counted", () => {
  expect(checkBill(JOBS, BILL)).toBe(1);
});

describe("refused, with the call named", () => {
  test.each([
    [
      "a consultation without its row",
      [JOBS[1], { ...JOBS[0], job: { id: "j1", attempts: [attempt(2, "invoke", "0.5")] } }],
      BILL,
      "billed and not in the ledger: j1.1 classify 0.00001",
    ],
    ["a row that nobody billed", JOBS, BILL.slice(0, 2), "in the ledger and not billed: j1.2 invoke 0.5"],
    [
      "another cost",
      JOBS,
      [...BILL.slice(0, 2), line("j1.2", "a", "500000000001")],
      "j1.2 invoke 0.500000000001",
    ],
    [
      "a call billed twice",
      JOBS,
      [...BILL, line("j1.1", "judge a", "10000000")],
      "billed and not in the ledger: j1.1",
    ],
    [
      "a consultation booked as an answer",
      JOBS,
      [...BILL.slice(0, 1), line("j1.1", "a", "10000000"), ...BILL.slice(2)],
      "j1.1 invoke 0.00001",
    ],
    [
      "a row without a cost",
      [JOBS[0], { ...JOBS[1], job: { id: "j2", attempts: [attempt(1, "invoke", null)] } }],
      BILL,
      "j2.1 invoke without cost",
    ],
  ])("%s", (_, jobs, bill, problem) => {
    expect(() => checkBill(jobs as typeof JOBS, bill)).toThrow(problem);
  });
});
