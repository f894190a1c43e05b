import type { Savings } from "@switchyard/shared/ledger";
import { expect, test } from "vitest";
import { rowsOf } from "./savings-rows.ts";

const arm = (jobs: number, each: string) => ({ jobs, spend_per_job_usd: each });
const week = (modelled: string, low: string | null) => ({
  answeredMs: 100,
  savings: {
    arms: { routed: arm(900, "0.0001"), holdout: arm(100, "0.0004") },
    modelled: { saved_per_job_usd: modelled },
    measured: { saved_per_job_usd: "0.0003", low_usd: low, high_usd: low && "0.0004" },
  } as unknown as Savings,
});

test("rounds are counted in which the model agrees with the measurement, bounds included", () => {
  const rounds = ["0.0002", "0.00019", "0.0004"].map((modelled) => ({
    ...{ alike: week(modelled, "0.0002"), shipped: week("0.001", "0.0002") },
  }));
  const [agreeing, modelled] = rowsOf(rounds);
  expect(agreeing).toMatchObject({ subject: 2, reference: 0, bar: "3 of 3" });
  expect(modelled).toMatchObject({ subject: 0.2, reference: 1 });
});

test("a week without an interval ends the run, rather than counting as agreement", () => {
  const side = week("0.0002", null);
  expect(() => rowsOf([{ alike: side, shipped: side }])).toThrow("too few jobs");
});
