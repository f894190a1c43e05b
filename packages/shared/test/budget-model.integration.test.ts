import fc from "fast-check";
import { expect, test } from "vitest";
import { type Budget, oldestSlice, sliceOf } from "../src/budgets/index.ts";
import { aBudget, MINUTE_MS, NOON, type TestAccounts, usingAccounts } from "./budget-support.ts";

/** The accounts as simply as they can be told: what each job holds, and what each attempt was charged. */
class Model {
  nowMs = NOON;
  readonly #reserved = new Map<string, bigint>();
  readonly #charged = new Map<string, { slice: number; picoUsd: bigint }>();

  reserved(budget: Budget): bigint {
    return sum(
      [...this.#reserved].filter(([name]) => name.endsWith(`/${budget.id}`)).map(([, amount]) => amount),
    );
  }
  spent(budget: Budget): bigint {
    const oldest = oldestSlice(budget.window, this.nowMs);
    const own = [...this.#charged].filter(([name]) => name.endsWith(`/${budget.id}`));
    return sum(own.flatMap(([, { slice, picoUsd }]) => (slice >= oldest ? [picoUsd] : [])));
  }
  own(jobId: string, budget: Budget): bigint {
    return this.#reserved.get(`${jobId}/${budget.id}`) ?? 0n;
  }
  cover(jobId: string, budgets: readonly Budget[], amount: bigint): boolean {
    const growing = budgets.filter((budget) => amount > this.own(jobId, budget));
    const fits = (budget: Budget) =>
      this.spent(budget) + this.reserved(budget) - this.own(jobId, budget) + amount <= budget.limitPicoUsd;
    if (!growing.every(fits)) return false;
    for (const budget of growing) this.#reserved.set(`${jobId}/${budget.id}`, amount);
    return true;
  }
  shrink(jobId: string, amount: bigint): void {
    for (const budget of BUDGETS) {
      if (this.own(jobId, budget) > amount) this.#reserved.set(`${jobId}/${budget.id}`, amount);
    }
  }
  charge(
    jobId: string,
    budgets: readonly Budget[],
    charge: { n: number; picoUsd: bigint; atMs: number },
  ): void {
    for (const budget of budgets) {
      const name = `${jobId}/${charge.n}/${budget.id}`;
      const slice = this.#charged.get(name)?.slice ?? sliceOf(budget.window, charge.atMs);
      this.#charged.set(name, { slice, picoUsd: charge.picoUsd });
    }
    this.release(jobId);
  }
  release(jobId: string): void {
    for (const budget of BUDGETS) this.#reserved.delete(`${jobId}/${budget.id}`);
  }
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}

const BUDGETS = [
  aBudget({ id: "hour", window: { length: "hour", kind: "rolling" }, limitPicoUsd: 1_000n }),
  aBudget({ id: "day", limitPicoUsd: 3_000_000_000_000_000_000n }),
  aBudget({
    id: "zone",
    window: { length: "hour", kind: "calendar", timeZone: "Asia/Kolkata" },
    limitPicoUsd: 2_500n,
  }),
];

const jobId = fc.constantFrom("a", "b", "c", "d");
const budgets = fc.subarray(BUDGETS, { minLength: 1 });
const amount = fc.oneof(fc.bigInt(0n, 1_200n), fc.bigInt(0n, 400n), fc.constant(1_999_999_999_999_999_999n));
const step = fc.oneof(
  fc.record({ do: fc.constant("cover" as const), jobId, budgets, amount }),
  fc.record({ do: fc.constant("shrink" as const), jobId, amount }),
  fc.record({
    ...{ do: fc.constant("charge" as const), jobId, budgets },
    ...{ n: fc.integer({ min: 1, max: 2 }), share: fc.integer({ min: 0, max: 100 }) },
    agoMs: fc.integer({ min: 0, max: 90 * MINUTE_MS }),
  }),
  fc.record({ do: fc.constant("release" as const), jobId }),
  fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 40 * MINUTE_MS }) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

const LATER: Step = { do: "wait", ms: 2 * 24 * 3_600_000 };

async function take(accounts: TestAccounts, model: Model, taken: Step): Promise<void> {
  const { nowMs } = model;
  switch (taken.do) {
    case "cover": {
      const refusal = await accounts.covered(taken.jobId, taken.budgets, taken.amount);
      expect(refusal === null).toBe(model.cover(taken.jobId, taken.budgets, taken.amount));
      return;
    }
    case "shrink":
      model.shrink(taken.jobId, taken.amount);
      return accounts.shrink(taken.jobId, taken.amount);
    case "charge": {
      // Never more than was reserved, as is true of calls.
      const least = taken.budgets
        .map((budget) => model.own(taken.jobId, budget))
        .sort((x, y) => (x < y ? -1 : 1))[0];
      const charge = {
        n: taken.n,
        picoUsd: ((least ?? 0n) * BigInt(taken.share)) / 100n,
        atMs: nowMs - taken.agoMs,
      };
      model.charge(taken.jobId, taken.budgets, charge);
      const { jobId: id, budgets: charged } = taken;
      return accounts.charge({ jobId: id, budgets: charged, charges: [charge], isAtRisk: true }, nowMs);
    }
    case "release":
      model.release(taken.jobId);
      return accounts.release(taken.jobId);
    case "wait":
      model.nowMs += taken.ms;
      accounts.clock.now = model.nowMs;
  }
}

test("after any steps the accounts say what a simple model says", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      await using accounts = await usingAccounts();
      await accounts.built(BUDGETS);
      const model = new Model();
      // At last all of it leaves every window.
      for (const taken of [...steps, LATER, LATER]) {
        await take(accounts, model, taken);
        const found = await accounts.read(BUDGETS, model.nowMs);
        const told = BUDGETS.map((budget) => [model.spent(budget), model.reserved(budget)]);
        expect(found.map(({ spentPicoUsd, reservedPicoUsd }) => [spentPicoUsd, reservedPicoUsd])).toEqual(
          told,
        );
      }
    }),
    { numRuns: 60 },
  );
});
