import { expect, test } from "vitest";
import { closedLoop } from "./closed-loop.ts";

test("every task runs once, and never more at a time than asked", async () => {
  const seen: number[] = [];
  let running = 0;
  let most = 0;
  await closedLoop({ count: 20, inFlight: 4 }, async (index) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise(setImmediate);
    running -= 1;
    seen.push(index);
  });
  expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index));
  expect(most).toBe(4);
});
