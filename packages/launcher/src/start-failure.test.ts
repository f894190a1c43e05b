import { SwitchyardError } from "@switchyard/shared/errors";
import { RedisNotFound } from "@switchyard/testkit";
import { expect, test } from "vitest";
import { asStartFailure, fromText } from "./start-failure.ts";

test("an unsuitable Redis is told apart from what to do about it", () => {
  const message =
    "Redis evicts keys (maxmemory-policy allkeys-lru), which loses queued jobs: run `redis-cli …`.";
  expect(asStartFailure(new SwitchyardError("REDIS_UNSUITABLE", message))).toMatchObject({
    what: ["Redis evicts keys (maxmemory-policy allkeys-lru), which loses queued jobs"],
    remedy: "Run `redis-cli …`.",
  });
});

test("every problem of a configuration has its line", () => {
  const message = "a.yaml:3:1 models: is required\na.yaml:9:3 routes.SIMPLE[0]: unknown model";
  expect(asStartFailure(new SwitchyardError("CONFIG_INVALID", message))).toMatchObject({
    what: message.split("\n"),
    remedy: "Correct these and start again.",
  });
});

test("a wrong variable is named", () => {
  expect(fromText("LOG_LEVEL: must be one of fatal, error")).toMatchObject({
    what: ["LOG_LEVEL: must be one of fatal, error"],
    remedy: "Correct it and start again.",
  });
});

test("a missing Redis says how to get one", () => {
  const { what, remedy } = new RedisNotFound("No redis-server on PATH.");
  expect(asStartFailure(new RedisNotFound("No redis-server on PATH."))).toMatchObject({
    what: [what],
    remedy,
  });
});

test("what nobody foresaw points to the log, and keeps its cause", () => {
  const cause = new Error("boom");
  const failure = asStartFailure(cause, "logs/services.log");
  expect(failure).toMatchObject({ what: ["boom"], remedy: "See logs/services.log.", cause });
});
