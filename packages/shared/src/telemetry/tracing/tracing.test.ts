import { expect, test } from "vitest";
import { annotateSpan, inOwnTrace, inSpan, presentTraceparent } from "./trace-scope.ts";
import { followTrace, NO_TRACING } from "./tracing.ts";

const PLACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const START = { name: "n", kind: "internal" } as const;

test("where nothing is recorded, a place in a trace still travels with the work", async () => {
  const seen = await NO_TRACING.enter(PLACE, START, async (span) => {
    annotateSpan({ here: 1 });
    await Promise.resolve();
    return [
      span.traceparent,
      presentTraceparent(),
      await inSpan(START, async () => presentTraceparent()),
      await inOwnTrace(START, async () => presentTraceparent()),
    ];
  });
  expect(seen).toEqual([PLACE, PLACE, PLACE, PLACE]);
  expect(presentTraceparent()).toBeUndefined();
});

test("outside of any trace, work is done without one", async () => {
  annotateSpan({ here: 1 });
  expect(await inSpan(START, async (span) => span.traceparent)).toBeUndefined();
  expect(await inOwnTrace(START, async (span) => span.traceparent)).toBeUndefined();
  expect(await NO_TRACING.enter(undefined, START, async () => presentTraceparent())).toBeUndefined();
  expect(followTrace("nonsense", (kept) => [kept, presentTraceparent()])).toEqual([undefined, undefined]);
});

test("work without a place in a trace is in none, whatever it was begun in", async () => {
  const seen = await NO_TRACING.enter(PLACE, START, async () => [
    await NO_TRACING.enter(undefined, START, async (span) => [span.traceparent, presentTraceparent()]),
    followTrace(undefined, () => presentTraceparent()),
    presentTraceparent(),
  ]);
  expect(seen).toEqual([[undefined, undefined], undefined, PLACE]);
});
