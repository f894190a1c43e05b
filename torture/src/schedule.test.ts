import { expect, it } from "vitest";
import { SCENARIOS } from "./scenarios.ts";
import { planFaults, readSchedule, writeSchedule } from "./schedule.ts";

const MINUTE_MS = 60_000;
const { mixed, rolling } = SCENARIOS;

it("a seed gives the same faults every time, and another seed gives others", () => {
  const faults = planFaults(mixed.plan, "1", MINUTE_MS);
  expect(planFaults(mixed.plan, "1", MINUTE_MS)).toEqual(faults);
  expect(planFaults(mixed.plan, "2", MINUTE_MS)).not.toEqual(faults);
});

it("mixed does something about once a second, and every kind of it to every process", () => {
  const faults = planFaults(mixed.plan, "1", 20 * MINUTE_MS);
  expect(faults.length).toBeGreaterThan(1_000);
  expect(faults.length).toBeLessThan(1_300);
  const done = new Set(faults.map(({ act, target }) => `${act} ${target}`));
  const possible = mixed.plan.chances.flatMap(({ act, targets }) =>
    targets.map((target) => `${act} ${target}`),
  );
  expect([...done].sort()).toEqual([...new Set(possible)].sort());
});

it("nothing is done to a process that is still frozen or away", () => {
  const backAtMs = new Map<string, number>();
  for (const { atMs, target, forMs } of planFaults(mixed.plan, "3", 20 * MINUTE_MS)) {
    expect(atMs).toBeGreaterThan(backAtMs.get(target) ?? 0);
    backAtMs.set(target, atMs + forMs);
  }
});

it("turns take one process after the other", () => {
  const targets = planFaults(rolling.plan, "1", MINUTE_MS).map(({ target }) => target);
  const order = rolling.plan.chances[0]?.targets ?? [];
  expect(targets.slice(0, order.length)).toEqual(order);
});

it("a schedule that is written is read back as it was", () => {
  const faults = planFaults(mixed.plan, "1", MINUTE_MS);
  expect(readSchedule(writeSchedule(faults))).toEqual(faults);
  expect(readSchedule("")).toEqual([]);
  expect(() => readSchedule("1500 tickle invoker 0")).toThrow("tickle");
});
