import { expect, test } from "vitest";
import { compareTimeToLive } from "./compare-table.ts";

const ON = { TimeToLiveStatus: "ENABLED", AttributeName: "expiresAt" } as const;

test("time to live that is on, or is being switched on, for our attribute is right", () => {
  expect(compareTimeToLive(ON, false)).toEqual([]);
  expect(compareTimeToLive({ ...ON, TimeToLiveStatus: "ENABLING" }, false)).toEqual([]);
});

test("time to live that is off is a problem on AWS, and none of an emulator that knows nothing else", () => {
  expect(compareTimeToLive({ TimeToLiveStatus: "DISABLED" }, false)).toEqual([
    'its time to live is DISABLED, and must be on for the attribute "expiresAt"',
  ]);
  expect(compareTimeToLive({ TimeToLiveStatus: "DISABLED" }, true)).toEqual([]);
});

test.each([false, true])(
  "time to live by another attribute is a problem anywhere (emulated: %s)",
  (isEmulated) => {
    expect(compareTimeToLive({ ...ON, AttributeName: "ttl" }, isEmulated)).toEqual([
      'its time to live goes by the attribute "ttl", and must be on for the attribute "expiresAt"',
    ]);
  },
);
