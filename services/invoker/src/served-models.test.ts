import { readCatalogue } from "@switchyard/shared/service";
import { expect, test } from "vitest";
import { servedModels } from "./served-models.ts";

type Environment = Record<string, string>;

function served(wanted: string | null, environment: Environment, activeProviders: string[] | null = null) {
  const files = { catalogueFile: null, pricesFile: null, activeProviders };
  return servedModels(readCatalogue(files, environment).catalogue, wanted).map(({ id }) => id);
}

const SIMULATED = { SIMULATOR_URL: "http://127.0.0.1:9" };

test("an invoker serves the active models that it is told to, or all of them", () => {
  expect(served(null, SIMULATED)).toEqual(["sim-small", "sim-math", "sim-large"]);
  expect(served("sim-large, sim-small", SIMULATED)).toEqual(["sim-small", "sim-large"]);
});

test("a model that is unknown or not active is refused, all at once", () => {
  expect(() => served("sim-smal,gpt-4o-mini", SIMULATED)).toThrow(
    'INVOKER_MODELS: unknown model "sim-smal" (did you mean sim-small?)\n' +
      "INVOKER_MODELS: gpt-4o-mini is not active: OPENAI_API_KEY not set",
  );
});

test("an invoker refuses to start without what the providers of its models need, however they became active", () => {
  const active = ["simulated", "openai", "bedrock"];
  const all = () => served(null, SIMULATED, active);
  expect(all).toThrow("OPENAI_API_KEY is not set; an invoker that serves models of openai needs it");
  expect(all).toThrow("BEDROCK_REGION is not set; an invoker that serves models of bedrock needs it");
  expect(served(null, { ...SIMULATED, OPENAI_API_KEY: "k" }, ["simulated", "openai"])).toContain(
    "gpt-4o-mini",
  );
});

test("an invoker needs no key of a provider whose models others serve", () => {
  expect(served("sim-small", SIMULATED, ["simulated", "openai"])).toEqual(["sim-small"]);
});

test("a model of a provider that is not listed is not served, even with its key", () => {
  expect(() => served("gpt-4o-mini", { OPENAI_API_KEY: "k", ...SIMULATED }, ["simulated"])).toThrow(
    "INVOKER_MODELS: gpt-4o-mini is not active: openai not in ACTIVE_PROVIDERS",
  );
});
