import { expect, test } from "vitest";
import { appliesTo, type Budget } from "./budget.ts";
import { type BudgetRefusal, type RefusedStanding, refusalOf, weightiest } from "./refusal.ts";

const HOUR_MS = 3_600_000;
const NOON = Date.UTC(2026, 5, 1, 12);

function aBudget(window: Budget["window"] = { length: "day", kind: "rolling" }): Budget {
  const rest = { alertPicoUsd: null, isHard: true, source: "file" } as const;
  return { id: "b", subject: {}, window, limitPicoUsd: 100n, ...rest };
}

function standing(change: Partial<RefusedStanding>): RefusedStanding {
  return { spentPicoUsd: 0n, reservedPicoUsd: 0n, isBuilt: true, slices: [], ownPicoUsd: 0n, ...change };
}

function refused(change: Partial<RefusedStanding>, askPicoUsd: bigint, budget = aBudget()) {
  const { reason, retryAfterMs } = refusalOf(budget, standing(change), { askPicoUsd, nowMs: NOON });
  return { reason, retryAfterMs };
}

test("a calendar budget that is spent has room when its window ends", () => {
  const slice = Date.UTC(2026, 5, 1);
  const spent = { spentPicoUsd: 95n, slices: [{ slice, picoUsd: 95n }] };
  const budget = aBudget({ length: "day", kind: "calendar", timeZone: "UTC" });
  expect(refused(spent, 10n, budget)).toEqual({ reason: "spent", retryAfterMs: 12 * HOUR_MS });
});

test("a rolling budget has room once enough of what was spent has left its window", () => {
  const present = NOON / HOUR_MS;
  const slices = [
    { slice: present - 1, picoUsd: 40n },
    { slice: present - 20, picoUsd: 30n },
    { slice: present - 10, picoUsd: 25n },
  ];
  // The slice of 20 hours ago has left after its own hour and 24 more.
  expect(refused({ spentPicoUsd: 95n, slices }, 10n)).toEqual({ reason: "spent", retryAfterMs: 5 * HOUR_MS });
  expect(refused({ spentPicoUsd: 95n, slices }, 40n).retryAfterMs).toBe(15 * HOUR_MS);
  expect(refused({ spentPicoUsd: 95n, slices }, 61n).retryAfterMs).toBe(24 * HOUR_MS);
});

test("a refusal of a budget that is spent says what is left beside what others hold, and never less than nothing", () => {
  const left = (change: Partial<RefusedStanding>) =>
    refusalOf(aBudget(), standing(change), { askPicoUsd: 50n, nowMs: NOON }).leftPicoUsd;
  expect(left({ spentPicoUsd: 60n, reservedPicoUsd: 30n, ownPicoUsd: 5n })).toBe(15n);
  expect(left({ spentPicoUsd: 120n })).toBe(0n);
});

test("what other jobs hold is in the way, too, where a later window has room beside it", () => {
  const present = NOON / HOUR_MS;
  const slices = [
    { slice: present - 20, picoUsd: 30n },
    { slice: present - 10, picoUsd: 60n },
  ];
  expect(refused({ spentPicoUsd: 90n, slices, reservedPicoUsd: 30n, ownPicoUsd: 5n }, 20n).retryAfterMs).toBe(
    15 * HOUR_MS,
  );
});

test("where only jobs in progress hold the rest, it may come free at any time", () => {
  expect(refused({ spentPicoUsd: 10n, reservedPicoUsd: 90n }, 10n)).toEqual({
    reason: "reserved",
    retryAfterMs: 5_000,
  });
});

test("more than the limit is never admitted", () => {
  expect(refused({}, 101n)).toEqual({ reason: "limit", retryAfterMs: null });
});

test("an account that is not built is asked again soon", () => {
  expect(refused({ isBuilt: false }, 1n)).toEqual({ reason: "not_ready", retryAfterMs: 5_000 });
});

test("a budget is for the jobs that have all that it names", () => {
  const payer = { tenant: "acme", keyId: "k1", tags: { team: "red" } };
  const applies = (subject: Budget["subject"]) => appliesTo({ subject }, payer);
  expect(applies({})).toBe(true);
  expect(applies({ tenant: "acme", key: "k1", tag: { name: "team", value: "red" } })).toBe(true);
  expect(applies({ tenant: "other" })).toBe(false);
  expect(applies({ tenant: "acme", key: "k2" })).toBe(false);
  expect(applies({ tag: { name: "team", value: "blue" } })).toBe(false);
  expect(applies({ tag: { name: "project", value: "" } })).toBe(false);
  expect(appliesTo({ subject: { tag: { name: "toString", value: "" } } }, payer)).toBe(false);
});

test("of several budgets without room the one that has none for longest is told, in whatever order they come", () => {
  const limit: BudgetRefusal = { budgetId: "a", reason: "limit", retryAfterMs: null };
  const tomorrow: BudgetRefusal = { budgetId: "b", reason: "spent", retryAfterMs: 24 * HOUR_MS };
  const soon: BudgetRefusal = { budgetId: "c", reason: "spent", retryAfterMs: 1 };
  const reserved: BudgetRefusal = { budgetId: "d", reason: "reserved", retryAfterMs: 5_000 };
  const unbuilt: BudgetRefusal = { budgetId: "e", reason: "not_ready", retryAfterMs: 5_000 };
  const byWeight = [limit, tomorrow, soon, reserved, unbuilt];
  for (const [index, first] of byWeight.entries()) {
    expect(weightiest(byWeight.slice(index))).toBe(first);
    expect(weightiest(byWeight.slice(index).reverse())).toBe(first);
  }
  expect(weightiest([])).toBeNull();
});
