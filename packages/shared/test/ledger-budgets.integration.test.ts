import { expect, test } from "vitest";
import type { BudgetBody } from "../src/contracts/index.ts";
import { BUDGETS_KNOWN_MS, openBudgetList } from "../src/ledger/budget-list.ts";
import { usingLedger } from "./support.ts";

const BODY: BudgetBody = { window: "day", limit_usd: "20", hard_stop: true };

test("budgets are stored, replaced, listed and removed", async () => {
  await using ledger = await usingLedger();
  expect((await ledger.budgets.list()).bodies).toEqual(new Map());
  await ledger.budgets.put("b", BODY);
  await ledger.budgets.put("a", BODY);
  const whole: BudgetBody = {
    ...{ tenant: "acme", key: "k", tag: { name: "team", value: "red" }, window: "week", time_zone: "UTC" },
    ...{ limit_usd: "0.000000000001", alert_at_percent: 80, hard_stop: false },
  };
  await ledger.budgets.put("a", whole);
  expect([...(await ledger.budgets.list()).bodies]).toEqual([
    ["a", { ...whole, sinceMs: expect.any(Number) }],
    ["b", { ...BODY, sinceMs: expect.any(Number) }],
  ]);
  expect(await ledger.budgets.remove("a")).toBe(true);
  expect(await ledger.budgets.remove("a")).toBe(false);
  expect([...(await ledger.budgets.list()).bodies.keys()]).toEqual(["b"]);
});

test("a budget is another one when its subject or window changes, or once it was removed; not by its limit", async () => {
  await using ledger = await usingLedger();
  const { budgets } = ledger;
  const first = await budgets.put("a", BODY);
  expect(await budgets.put("a", { ...BODY, limit_usd: "1", hard_stop: false, alert_at_percent: 5 })).toBe(
    first,
  );
  const second = await budgets.put("a", { ...BODY, tenant: "acme" });
  const third = await budgets.put("a", { ...BODY, tenant: "acme", window: "week" });
  expect(second).toBeGreaterThan(first);
  expect(third).toBeGreaterThan(second);
  const both = await Promise.all([budgets.put("a", BODY), budgets.put("a", BODY)]);
  expect([...(await budgets.list()).bodies.values()]).toEqual([{ ...BODY, sinceMs: both[0] }]);
  expect(both[1]).toBe(both[0]);
});

test("a process knows the file's budgets before those of the API, and reads again after five seconds", async () => {
  await using ledger = await usingLedger();
  let nowMs = 0;
  const file = { b: { ...BODY, limit_usd: "5", alert_at_percent: 33 } };
  const list = openBudgetList({ stored: ledger.budgets, file, elapsedMs: () => nowMs });
  await ledger.budgets.put("b", BODY);
  await ledger.budgets.put("a", { ...BODY, tenant: "acme", time_zone: "Asia/Kolkata" });
  const known = await list.all();
  expect(known.map(({ id, source }) => [id, source])).toEqual([
    ["b", "file"],
    ["a", "api"],
  ]);
  expect(known[0]).toMatchObject({ limitPicoUsd: 5_000_000_000_000n, alertPicoUsd: 1_650_000_000_000n });
  expect(known[1]).toMatchObject({
    window: { kind: "calendar", timeZone: "Asia/Kolkata" },
    alertPicoUsd: null,
  });
  await ledger.budgets.remove("a");
  nowMs = BUDGETS_KNOWN_MS - 1;
  expect(await list.of({ tenant: "acme", tags: {} })).toHaveLength(2);
  expect(await list.of({ tenant: "other", tags: {} })).toHaveLength(1);
  nowMs = BUDGETS_KNOWN_MS;
  expect(await list.of({ tenant: "acme", tags: {} })).toHaveLength(1);
});

test("a budget of a later release is read as far as this one knows it; one that it cannot read stops its own jobs", async () => {
  await using ledger = await usingLedger();
  const list = openBudgetList({ stored: ledger.budgets, file: {} });
  const put = (id: string, body: object) => ledger.budgets.put(id, body as BudgetBody);
  await put("new-setting", { ...BODY, tenant: "acme", colour: "red" });
  await put("new-length", { ...BODY, tenant: "beta", window: "year" });
  await put("new-zone", { ...BODY, key: "k", time_zone: "Moon/Tycho" });
  await put("new-tag", { ...BODY, tenant: "gamma", tag: { name: "team", value: "red", or: "blue" } });

  expect(await list.of({ tenant: "acme", tags: {} })).toMatchObject([{ id: "new-setting" }]);
  expect(await list.all()).toHaveLength(1);
  const unavailable = { code: "LEDGER_UNAVAILABLE", isRetriable: true };
  await expect(list.of({ tenant: "beta", tags: {} })).rejects.toMatchObject(unavailable);
  await expect(list.of({ tenant: "acme", keyId: "k", tags: {} })).rejects.toMatchObject(unavailable);
  await expect(list.of({ tenant: "gamma", tags: {} })).rejects.toMatchObject(unavailable);

  const shadowed = openBudgetList({ stored: ledger.budgets, file: { "new-length": BODY } });
  expect(await shadowed.of({ tenant: "beta", tags: {} })).toMatchObject([{ source: "file" }]);
});

test("a budget that is refused by now, and was stored before, stops nobody else's jobs", async () => {
  await using ledger = await usingLedger();
  await ledger.budgets.put("whole-key", { ...BODY, key: "sk-sy-k1-0123456789abcdef" });
  await ledger.budgets.put("long-tag", { ...BODY, tag: { name: "team", value: "x".repeat(129) } });
  const list = openBudgetList({ stored: ledger.budgets, file: {} });
  expect(await list.all()).toHaveLength(2);
  expect(await list.of({ tenant: "acme", keyId: "k1", tags: {} })).toEqual([]);
});

test("a budget of which nothing is understood may be for any job", async () => {
  await using ledger = await usingLedger();
  await ledger.budgets.put("odd", "a text" as never);
  const list = openBudgetList({ stored: ledger.budgets, file: {} });
  await expect(list.of({ tenant: "acme", tags: {} })).rejects.toMatchObject({ code: "LEDGER_UNAVAILABLE" });
});
