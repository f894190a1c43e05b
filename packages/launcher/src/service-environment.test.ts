import { describe, expect, test } from "vitest";
import { needsEmulator, type RunFacts, serviceEnvironment } from "./service-environment.ts";

const facts: RunFacts = {
  environment: {},
  redisUrl: "redis://127.0.0.1:1",
  emulatorUrl: "http://127.0.0.1:2",
  simulatorUrl: "http://127.0.0.1:3",
  apiPort: 8_080,
  secrets: { tenant: "local", apiKey: "sk-sy-ab-c", pepper: "pepper", queueTag: "tag" },
  isRedisOurs: true,
  needsAwsCredentials: false,
};
const TRUE_CREDENTIALS = { AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: "true", AWS_PROFILE: "work" };

test("everything listens on loopback, whatever the environment says", () => {
  const environment = serviceEnvironment({ ...facts, environment: { HOST: "0.0.0.0", OPS_HOST: "0.0.0.0" } });
  expect(environment).toMatchObject({ HOST: "127.0.0.1", OPS_HOST: "127.0.0.1", PORT: "8080" });
});

test("the key of the run is seeded for its tenant", () => {
  expect(serviceEnvironment(facts)).toMatchObject({
    API_KEY_PEPPER: "pepper",
    SEED_API_KEY: "local:sk-sy-ab-c",
  });
});

describe("AWS credentials", () => {
  test("true ones are not shown to the emulator", () => {
    const environment = serviceEnvironment({ ...facts, environment: TRUE_CREDENTIALS });
    expect(environment).toMatchObject({ AWS_ACCESS_KEY_ID: "local", AWS_SECRET_ACCESS_KEY: "local" });
    expect(environment["AWS_PROFILE"]).toBeUndefined();
  });

  test("true ones stay where a provider needs them", () => {
    const given = { ...facts, environment: TRUE_CREDENTIALS, needsAwsCredentials: true };
    expect(serviceEnvironment(given)).toMatchObject(TRUE_CREDENTIALS);
  });

  test("those for an endpoint of one's own stay; where there are none, any will do", () => {
    const own = { DYNAMODB_ENDPOINT: "http://127.0.0.1:8000" };
    const given = { ...facts, emulatorUrl: null };
    expect(serviceEnvironment({ ...given, environment: { ...own, ...TRUE_CREDENTIALS } })).toMatchObject(
      TRUE_CREDENTIALS,
    );
    expect(serviceEnvironment({ ...given, environment: own })).toMatchObject({ AWS_ACCESS_KEY_ID: "local" });
  });
});

describe("the table", () => {
  test("is created in an emulator", () => {
    expect(serviceEnvironment(facts)).toMatchObject({
      DYNAMODB_ENDPOINT: "http://127.0.0.1:2",
      DYNAMODB_CREATE_TABLE: "true",
    });
  });

  test("is never created in a real account unasked", () => {
    const given = { ...facts, emulatorUrl: null, needsAwsCredentials: true };
    const environment = { DYNAMODB_TABLE: "jobs" };
    expect(serviceEnvironment({ ...given, environment })).not.toHaveProperty("DYNAMODB_CREATE_TABLE");
  });

  test("is ours to bring only when the environment names none", () => {
    expect(needsEmulator({})).toBe(true);
    expect(needsEmulator({ DYNAMODB_TABLE: "jobs" })).toBe(false);
    expect(needsEmulator({ DYNAMODB_ENDPOINT: "http://127.0.0.1:8000" })).toBe(false);
  });
});

test("in a Redis of others the queues keep to themselves, unless told otherwise", () => {
  const shared = { ...facts, isRedisOurs: false };
  expect(serviceEnvironment(shared)).toMatchObject({ QUEUE_PREFIX: "{sw-tag}" });
  const chosen = { ...shared, environment: { QUEUE_PREFIX: "{mine}" } };
  expect(serviceEnvironment(chosen)).toMatchObject({ QUEUE_PREFIX: "{mine}" });
  expect(serviceEnvironment(facts)).not.toHaveProperty("QUEUE_PREFIX");
});
