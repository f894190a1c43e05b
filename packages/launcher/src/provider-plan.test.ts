import { expect, test } from "vitest";
import { baselineModel, planProviders, usableModels } from "./provider-plan.ts";

const KEYS = { OPENAI_API_KEY: "sk-true", DEEPSEEK_API_KEY_FILE: "/run/key", BEDROCK_REGION: "us-east-1" };

test("without a key the simulated provider answers, and the variables that would change that are known", () => {
  const plan = planProviders({ HOME: "/home/me" }, false);
  expect(plan).toMatchObject({ usesSimulator: true, found: [], realProviders: [], warnings: [] });
  expect(plan.variables).toEqual(["OPENAI_API_KEY", "DEEPSEEK_API_KEY", "BEDROCK_REGION"]);
  expect(usableModels(plan.catalogue)).toEqual(["sim-small", "sim-math", "sim-large"]);
  expect(baselineModel(plan.catalogue)).toBe("sim-large");
});

test("keys that are found are named, and hidden unless they may be used", () => {
  const plan = planProviders({ ...KEYS, HOME: "/home/me" }, false);
  expect(plan.found).toEqual(["OPENAI_API_KEY", "DEEPSEEK_API_KEY_FILE", "BEDROCK_REGION"]);
  expect(plan.environment).toEqual({ HOME: "/home/me" });
  expect(plan).toMatchObject({ usesSimulator: true, realProviders: [] });
});

test("a list of active providers does not get past what this run may call", () => {
  const plan = planProviders({ ...KEYS, ACTIVE_PROVIDERS: "openai" }, false);
  expect(plan.environment).toEqual({});
  expect(usableModels(plan.catalogue)).toEqual(["sim-small", "sim-math", "sim-large"]);
});

test("keys that may be used replace the simulated provider", () => {
  const plan = planProviders({ ...KEYS, SIMULATOR_URL: "http://127.0.0.1:1" }, true);
  expect(plan).toMatchObject({ usesSimulator: false, realProviders: ["openai", "deepseek", "bedrock"] });
  expect(plan.environment).toEqual(KEYS);
  expect(usableModels(plan.catalogue)).not.toContain("sim-small");
});

test("leave to use keys changes nothing where there are none", () => {
  const plan = planProviders({ OPENAI_API_KEY: "" }, true);
  expect(plan).toMatchObject({ usesSimulator: true, found: [], realProviders: [] });
});
