import { expect, it } from "vitest";
import { InFlight } from "./in-flight.ts";

it("a job with two calls at once is named, one with two calls in turn is not", () => {
  const inFlight = new InFlight();
  const leaveFirst = inFlight.enter("attempt 1", "job 1");
  const leaveSecond = inFlight.enter("attempt 2", "job 1");
  leaveFirst();
  leaveSecond();
  inFlight.enter("attempt 3", "job 2")();
  inFlight.enter("attempt 4", "job 2")();
  expect(inFlight.read()).toEqual({
    calls: 4,
    now: 0,
    peak: 2,
    attempts: { peakPerId: 1, aboveOne: {} },
    jobs: { peakPerId: 2, aboveOne: { "job 1": 2 } },
  });
});

it("calls without ids are counted together only", () => {
  const inFlight = new InFlight();
  inFlight.enter(null, null);
  inFlight.enter(null, null);
  expect(inFlight.read()).toMatchObject({
    now: 2,
    peak: 2,
    attempts: { peakPerId: 0 },
    jobs: { peakPerId: 0 },
  });
});
