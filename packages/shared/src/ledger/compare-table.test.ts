import { expect, test } from "vitest";
import { compareTimeToLive, isAddressOfAws } from "./compare-table.ts";

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

test.each([
  ["https://dynamodb.eu-west-1.amazonaws.com", true],
  ["https://vpce-0a1b.dynamodb.eu-west-1.vpce.amazonaws.com", true],
  ["https://dynamodb.cn-north-1.amazonaws.com.cn/", true],
  ["https://dynamodb.eu-west-1.api.aws", true],
  ["http://127.0.0.1:8000", false],
  ["http://dynamodb.switchyard.svc:8000", false],
  ["https://amazonaws.com.example.org", false],
])("whether rows must end by themselves is told by the address: %s is that of AWS: %s", (endpoint, isAws) => {
  expect(isAddressOfAws(endpoint)).toBe(isAws);
});
