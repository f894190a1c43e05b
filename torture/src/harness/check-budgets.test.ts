import { expect, it, test } from "vitest";
import { COST, settled } from "./__fixtures__/sound-evidence.ts";
import type { BudgetLook, WatchedBudget } from "./budget-watch.ts";
import type { BudgetWish } from "./budgets.ts";
import { checkBudgets } from "./check-budgets.ts";
import type { Evidence, StoredAttempt } from "./evidence.ts";
import { newlyTold } from "./told-job.ts";

const NOON = Date.parse("2026-06-01T12:00:00Z");
const BOUND = 9_000_000n;
/** Ten million pico-dollars: room for one call. */
const LIMIT = "0.00001";

const look = (atMs: number, spentPicoUsd: bigint, reservedPicoUsd: bigint): BudgetLook => ({
  ...{ atMs: NOON + atMs, spentPicoUsd, reservedPicoUsd },
});

/** A call of ten seconds, and an account that held its bound meanwhile and has spent its cost since. */
function evidenceOf(change: {
  wish?: Partial<BudgetWish>;
  looks?: readonly BudgetLook[];
  end?: BudgetLook | null;
  rebuilt?: BudgetLook | null;
  row?: Partial<StoredAttempt>;
  forgottenBytes?: number;
  successions?: number;
}): Evidence {
  const wish: BudgetWish = { tenant: "acme", window: "hour", limit_usd: LIMIT, ...change.wish };
  const looks = change.looks ?? [look(5_000, 0n, BOUND), look(15_000, COST, 0n)];
  const end = change.end === undefined ? look(20_000, COST, 0n) : change.end;
  const rebuilt = change.rebuilt === undefined ? end : change.rebuilt;
  const times = { startedAtMs: NOON, endedAtMs: NOON + 10_000, maxCostPicoUsd: BOUND };
  const budget: WatchedBudget = { id: "b", wish, looks, end, rebuilt };
  return {
    ...{ budgets: [budget], attempts: [{ ...settled("one", 1, 0), ...times, ...change.row }] },
    told: [newlyTold("one", "key", { metadata: { team: "growth" } })],
    forgottenBytes: change.forgottenBytes ?? 0,
    successions: change.successions ?? 0,
  } as unknown as Evidence;
}

const told = (change: Parameters<typeof evidenceOf>[0]) => checkBudgets(evidenceOf(change));

it("finds nothing wrong with an account that agrees with the rows", () => {
  expect(told({})).toEqual([]);
});

test.each<[string, Parameters<typeof evidenceOf>[0], RegExp]>([
  ["an account above its limit", { looks: [look(5_000, COST, BOUND)] }, /^budget b is above its limit .* 1 /],
  [
    "a call that nothing is reserved for",
    { looks: [look(5_000, 0n, 0n)] },
    /^budget b holds 0 .* cost 9000000$/,
  ],
  ["a call that is forgotten", { looks: [look(15_000, 0n, 0n)] }, /^budget b holds 0 spent .* cost 4350000$/],
  [
    "more calls than there is room for",
    { wish: { limit_usd: "0.000008" }, looks: [look(5_000, 0n, BOUND)] },
    /^calls of budget b may have cost 9000000 of 8000000$/,
  ],
  ["a reservation left open", { end: look(20_000, COST, 1n) }, /^budget b still holds 1,/],
  ["a cost that is lost", { end: look(20_000, COST - 1n, 0n) }, /^budget b has spent 4349999, .* 4350000$/],
  ["a cost that is counted twice", { end: look(20_000, 2n * COST, 0n) }, /^budget b has spent 8700000,/],
  [
    "a build that forgets",
    { rebuilt: look(30_000, 0n, 0n) },
    /^budget b is built anew with 0 .* are 4350000$/,
  ],
  ["a build that never ends", { rebuilt: null }, /^budget b is not built anew$/],
  ["an account that is not built", { end: null }, /^budget b is not built$/],
  [
    "an unknown call taken for a free one",
    { row: { state: "unknown", costPicoUsd: null } },
    /its rows 9000000$/,
  ],
])("finds %s", (_what, change, said) => {
  expect(told(change)).toContainEqual(expect.stringMatching(said));
});

test("what ended in another window, or is another's, does not count", () => {
  const none = { looks: [], end: look(20_000, 0n, 0n) };
  const before = { startedAtMs: NOON - 7_300_000, endedAtMs: NOON - 7_200_000 };
  expect(told({ ...none, row: before })).toEqual([]);
  const midnight = Date.parse("2026-05-31T22:00:00Z");
  const day = { window: "day", time_zone: "Europe/Berlin" } as const;
  expect(told({ ...none, wish: day, row: { startedAtMs: midnight - 10, endedAtMs: midnight - 1 } })).toEqual(
    [],
  );
  expect(told({ wish: day, row: { startedAtMs: midnight, endedAtMs: midnight }, looks: [] })).toEqual([]);
  expect(told({ ...none, wish: { tenant: "other" } })).toEqual([]);
  expect(told({ ...none, wish: { tag: { name: "team", value: "core" } } })).toEqual([]);
  expect(told({ wish: { tag: { name: "team", value: "growth" } } })).toEqual([]);
});

test("a call that was certainly not billed costs nothing", () => {
  expect(told({ row: { state: "void", costPicoUsd: null }, end: look(20_000, 0n, 0n) })).toEqual([]);
});

test("a Redis that has forgotten what it had acknowledged is judged at the end alone", () => {
  const looks = [look(5_000, 0n, 0n), look(6_000, COST, BOUND)];
  expect(told({ looks, forgottenBytes: 1 })).toEqual([]);
  expect(told({ looks, forgottenBytes: 1, end: look(20_000, 0n, 0n) })).toHaveLength(2);
});

test("an account that Redis may have lost errs upwards, until it is built anew", () => {
  const rebuilt = look(30_000, COST, 0n);
  expect(told({ end: look(20_000, 2n * COST, 0n), rebuilt, successions: 1 })).toEqual([]);
  expect(told({ end: look(20_000, COST - 1n, 0n), rebuilt, successions: 1 })).toHaveLength(1);
});
