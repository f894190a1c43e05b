import { expect, test } from "vitest";
import { createBelongings } from "./belongings.ts";

test("what was started last is stopped first, and one that fails holds up nobody", async () => {
  const stopped: string[] = [];
  const belongings = createBelongings();
  belongings.add({ name: "first", stop: () => stopped.push("first") });
  belongings.add({ name: "second", stop: () => Promise.reject(new Error("stuck")) });
  belongings.add({ name: "third", stop: () => stopped.push("third") });
  expect(await belongings.stopAll()).toEqual(["second did not stop: stuck"]);
  expect(stopped).toEqual(["third", "first"]);
});

test("what comes in while the end has begun is stopped, too", async () => {
  const stopped: string[] = [];
  const belongings = createBelongings();
  belongings.add({
    name: "early",
    stop() {
      belongings.add({ name: "late", stop: () => stopped.push("late") });
      stopped.push("early");
    },
  });
  await belongings.stopAll();
  expect(stopped).toEqual(["early", "late"]);
});

test("nothing is stopped twice, and what is still being stopped can be abandoned", async () => {
  const abandoned: string[] = [];
  const belongings = createBelongings();
  let stops = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  belongings.add({ name: "done", stop: () => {}, abandon: () => abandoned.push("never started") });
  belongings.add({
    name: "slow",
    stop() {
      stops += 1;
      return promise;
    },
    abandon: () => abandoned.push("slow"),
  });
  const ends = [belongings.stopAll(), belongings.stopAll()];
  belongings.abandonAll();
  expect(abandoned).toEqual(["slow", "never started"]);
  resolve();
  await Promise.all(ends);
  expect(stops).toBe(1);
});
