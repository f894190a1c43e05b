import { expect, test } from "vitest";
import { Patience } from "./patience.ts";

function patience() {
  const clock = { nowMs: 0 };
  return { clock, patience: new Patience(() => clock.nowMs) };
}

test("a model that is late three times in a row is not asked for ten seconds, and others are", () => {
  const { clock, patience: own } = patience();
  for (const isOut of [false, false, true]) {
    own.heard("slow", true);
    expect(own.isOutOf("slow")).toBe(isOut);
  }
  expect(own.isOutOf("other")).toBe(false);
  clock.nowMs = 9_999;
  expect(own.isOutOf("slow")).toBe(true);
  clock.nowMs = 10_000;
  expect(own.isOutOf("slow")).toBe(false);
});

test("an answer in time forgives what was late before it", () => {
  const { patience: own } = patience();
  for (const isLate of [true, true, false, true, true]) own.heard("model", isLate);
  expect(own.isOutOf("model")).toBe(false);
});

test("after the pause one job finds out whether it answers again, and the others do not wait for that", () => {
  const { clock, patience: own } = patience();
  for (let round = 0; round < 3; round += 1) own.heard("model", true);
  clock.nowMs = 10_000;
  expect(own.isOutOf("model")).toBe(false);
  own.asked("model");
  expect(own.isOutOf("model")).toBe(true);
  own.heard("model", false);
  expect(own.isOutOf("model")).toBe(false);
});
