import { expect, test } from "vitest";
import { inheritedEnvironment, testSettings } from "./environment.ts";

test("an empty address counts as none", () => {
  expect(testSettings({ TEST_REDIS_URL: "", TEST_DYNAMODB_URL: "http://127.0.0.1:1" })).toEqual({
    redisUrl: undefined,
    dynamodbUrl: "http://127.0.0.1:1",
    wantsContainers: false,
  });
});

test("containers are used only when asked for by exactly 1", () => {
  expect(
    ["1", "0", "true", undefined].map((value) => testSettings({ TEST_CONTAINERS: value }).wantsContainers),
  ).toEqual([true, false, false, false]);
});

test("a child inherits where programs are and no secret", () => {
  expect(inheritedEnvironment({ PATH: "/bin", OPENAI_API_KEY: "sk", HOME: undefined })).toEqual({
    PATH: "/bin",
  });
});
