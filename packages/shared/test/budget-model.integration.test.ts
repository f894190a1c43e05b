import fc from "fast-check";
import { expect, test } from "vitest";
import { type Budget, oldestSlice, sliceOf } from "../src/budgets/index.ts";
import { aBudget, MINUTE_MS, NOON, type TestAccounts, usingAccounts } from "./budget-support.ts";

/** The accounts as simply as they can be told: what each job holds, and what each attempt was charged. */
class Model {
  nowMs = NOON;
  readonly #reserved = new Map<string, bigint>();
  readonly #charged = new Map<string, { slice: number; picoUsd: bigint }>();
  readonly #generations = new Map<string, number>();

  generation(jobId: string): number {
    return this.#generations.get(jobId) ?? 1;
  }

  reserved(budget: Budget): bigint {
    return sum(
      [...this.#reserved].filter(([name]) => name.endsWith(`/${budget.id}`)).map(([, amount]) => amount),
    );
  }
  /** What counts of it, by slices. */
  parts(budget: Budget): { slice: number; picoUsd: bigint }[] {
    const oldest = oldestSlice(budget.window, this.nowMs);
    const own = [...this.#charged].filter(([name]) => name.endsWith(`/${budget.id}`));
    return own.flatMap(([, charge]) => (charge.slice >= oldest ? [charge] : []));
  }
  spent(budget: Budget): bigint {
    return sum(this.parts(budget).map(({ picoUsd }) => picoUsd));
  }
  own(jobId: string, budget: Budget): bigint {
    return this.#reserved.get(`${jobId}/${budget.id}`) ?? 0n;
  }
  cover(jobId: string, budgets: readonly Budget[], amount: bigint, generation: number): boolean {
    const growing = budgets.filter((budget) => amount > this.own(jobId, budget));
    const fits = (budget: Budget) =>
      !budget.isHard ||
      this.spent(budget) + this.reserved(budget) - this.own(jobId, budget) + amount <= budget.limitPicoUsd;
    if (!growing.every(fits)) return false;
    for (const budget of growing) this.#reserved.set(`${jobId}/${budget.id}`, amount);
    if (amount > 0n) this.#generations.set(jobId, Math.max(generation, this.generation(jobId)));
    return true;
  }
  shrink(jobId: string, amount: bigint): void {
    for (const budget of BUDGETS) {
      if (this.own(jobId, budget) > amount) this.#reserved.set(`${jobId}/${budget.id}`, amount);
    }
  }
  charge(jobId: string, budgets: readonly Budget[], charge: Charge): void {
    const isOver = charge.generation < this.generation(jobId);
    for (const budget of budgets) {
      const name = `${jobId}/${charge.n}/${budget.id}`;
      const before = this.#charged.get(name);
      const isCovered = !isOver && this.#reserved.has(`${jobId}/${budget.id}`);
      if (before === undefined && (charge.isEarlier || (charge.isRepeat && !isCovered))) continue;
      const slice = before?.slice ?? sliceOf(budget.window, charge.atMs);
      if (this.spent(budget) + charge.picoUsd - (before?.picoUsd ?? 0n) > MOST) continue;
      this.#charged.set(name, { slice, picoUsd: charge.picoUsd });
    }
    if (!isOver) this.release(jobId);
  }
  /** What Redis knew of single attempts is gone; what was spent is not. */
  wiped(): void {
    for (const [name, charge] of [...this.#charged]) {
      this.#charged.delete(name);
      this.#charged.set(`before-${this.#charged.size}-${this.nowMs}-${name}`, charge);
    }
    for (const jobId of JOBS) {
      if (BUDGETS.every((budget) => this.own(jobId, budget) === 0n)) this.#generations.delete(jobId);
    }
  }
  release(jobId: string): void {
    for (const budget of BUDGETS) this.#reserved.delete(`${jobId}/${budget.id}`);
  }
}

interface Charge {
  n: number;
  picoUsd: bigint;
  atMs: number;
  generation: number;
  isRepeat: boolean;
  isEarlier: boolean;
}

/** 64 bits hold no more. */
const MOST = 2n ** 63n - 1n;

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
  aBudget({ id: "soft", limitPicoUsd: 1n, isHard: false }),
];
const JOBS = ["a", "b", "c", "d"];

const jobId = fc.constantFrom(...JOBS);
const budgets = fc.subarray(BUDGETS, { minLength: 1 });
const amount = fc.oneof(fc.bigInt(0n, 1_200n), fc.bigInt(0n, 400n), fc.constant(1_999_999_999_999_999_999n));
const step = fc.oneof(
  fc.record({ do: fc.constant("cover" as const), jobId, budgets, amount, isReplay: fc.boolean() }),
  fc.record({ do: fc.constant("shrink" as const), jobId, amount }),
  fc.record({
    ...{ do: fc.constant("charge" as const), jobId, budgets },
    ...{ n: fc.integer({ min: 1, max: 2 }), share: fc.integer({ min: 0, max: 100 }) },
    agoMs: fc.integer({ min: 0, max: 90 * MINUTE_MS }),
    ...{ isLate: fc.boolean(), isRepeat: fc.boolean(), isEarlier: fc.boolean() },
  }),
  fc.record({ do: fc.constantFrom("check" as const, "wipe" as const) }),
  fc.record({ do: fc.constant("release" as const), jobId }),
  fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 40 * MINUTE_MS }) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

const LATER: Step = { do: "wait", ms: 2 * 24 * 3_600_000 };

async function take(accounts: TestAccounts, model: Model, taken: Step): Promise<void> {
  const { nowMs } = model;
  switch (taken.do) {
    case "cover": {
      const { jobId: id, budgets: asked, amount: amountPicoUsd } = taken;
      const generation = model.generation(id) + (taken.isReplay ? 1 : 0);
      const cover = { jobId: id, generation, budgets: asked, amountPicoUsd };
      const refusal = await accounts.cover(cover, nowMs);
      expect(refusal === null).toBe(model.cover(id, asked, amountPicoUsd, generation));
      return;
    }
    case "shrink":
      model.shrink(taken.jobId, taken.amount);
      return accounts.shrink(taken.jobId, taken.amount);
    case "charge": {
      // Never more than was reserved where anything was, as is true of calls.
      const least = taken.budgets
        .map((budget) => model.own(taken.jobId, budget))
        .filter((own) => own > 0n)
        .sort((x, y) => (x < y ? -1 : 1))[0];
      const charge = {
        n: taken.n,
        picoUsd: ((least ?? 0n) * BigInt(taken.share)) / 100n,
        atMs: nowMs - taken.agoMs,
        generation: model.generation(taken.jobId) - (taken.isLate ? 1 : 0),
        isRepeat: taken.isRepeat,
        isEarlier: taken.isEarlier,
      };
      model.charge(taken.jobId, taken.budgets, charge);
      const { jobId: id, budgets: charged } = taken;
      const { generation, isRepeat } = charge;
      const settlement = { jobId: id, generation, budgets: charged, charges: [charge], isRepeat };
      return accounts.charge({ ...settlement, isAtRisk: true }, nowMs);
    }
    case "check":
      return kept(accounts, model, "right");
    case "wipe": {
      await accounts.redis.flushall();
      await accounts.upkeep.mark(BUDGETS, "mark", true);
      for (const id of JOBS) {
        for (const budget of BUDGETS) {
          const held = { jobId: id, generation: model.generation(id), budgets: [budget] };
          const amountPicoUsd = model.own(id, budget);
          if (amountPicoUsd > 0n) await accounts.upkeep.restore({ ...held, amountPicoUsd }, nowMs);
        }
      }
      model.wiped();
      return kept(accounts, model, "corrected");
    }
    case "release":
      model.release(taken.jobId);
      return accounts.release(taken.jobId);
    case "wait":
      model.nowMs += taken.ms;
      accounts.clock.now = model.nowMs;
  }
}

/** Compares what was spent with what the model says, as the keeper does with the totals. */
async function kept({ upkeep }: TestAccounts, model: Model, as: string): Promise<void> {
  const { nowMs } = model;
  for (const budget of BUDGETS) {
    const isRolling = budget.window.kind === "rolling";
    const parts = model.parts(budget).map(({ slice, picoUsd }) => ({
      atMs: isRolling ? slice * MINUTE_MS : slice,
      picoUsd,
    }));
    await upkeep.begin(budget, "pass", nowMs);
    const told = { leastPicoUsd: model.spent(budget), parts };
    expect(await upkeep.finish(budget, told, { pass: "pass", mark: "mark", nowMs })).toBe(as);
  }
  await upkeep.tidy(BUDGETS, nowMs);
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
