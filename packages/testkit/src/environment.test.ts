import { expect, test } from "vitest";
import { inheritedEnvironment, testSettings } from "./environment.ts";

test("an empty address counts as none", () => {
  expect(testSettings({ TEST_REDIS_URL: "", TEST_DYNAMODB_URL: "http://127.0.0.1:1" })).toEqual({
    redisUrl: undefined,
    dynamodbUrl: "http://127.0.0.1:1",
    containers: "preferred",
  });
});

test("containers are preferred unless TEST_CONTAINERS says otherwise, and says it clearly", () => {
  const containers = (value?: string) => testSettings({ TEST_CONTAINERS: value }).containers;
  expect([undefined, "", "0", "1"].map(containers)).toEqual(["preferred", "preferred", "off", "demanded"]);
  expect(() => containers("true")).toThrow("TEST_CONTAINERS: must be 0 or 1, not true");
});

test("a child inherits where programs are and no secret", () => {
  expect(inheritedEnvironment({ PATH: "/bin", OPENAI_API_KEY: "sk", HOME: undefined })).toEqual({
    PATH: "/bin",
  });
});
