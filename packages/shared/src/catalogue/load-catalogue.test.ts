import { describe, expect, test } from "vitest";
import { EXAMPLE_PRICE_IDS as PRICES, EXAMPLE_YAML as YAML } from "./__fixtures__/example-catalogue.ts";
import { loadCatalogue } from "./load-catalogue.ts";
import type { Environment } from "./resolve-provider.ts";

function load(text: string, environment: Environment = {}, priceIds: ReadonlySet<string> = PRICES) {
  return loadCatalogue({ text, file: "switchyard.yaml", priceIds, environment });
}

describe("a sound file", () => {
  test("names outcome models by paths that start from its own folder", () => {
    const text = YAML.replace(
      "classifier:",
      "classifier:\n  outcome_model: candidates/a.json\n  shadow_model: /b.json",
    );
    const given = { text, file: "switchyard.yaml", priceIds: PRICES, environment: {} };
    expect(loadCatalogue({ ...given, folder: "/etc/sw" }).classifier).toMatchObject({
      outcomeModelFile: "/etc/sw/candidates/a.json",
      shadowModelFile: "/b.json",
    });
    expect(loadCatalogue(given).classifier.outcomeModelFile).toBe("candidates/a.json");
  });

  test("gives each model its settings, and the defaults where it has none", () => {
    const { models } = load(YAML, { OPENAI_API_KEY: "k" });
    expect(models.get("small")).toEqual({
      id: "small",
      providerId: "local",
      providerModel: "llama3.2",
      priceId: "local/small",
      isPriced: true,
      windowTokens: 8_192,
      maxOutputTokens: 1_024,
      timeoutMs: 120_000,
      concurrency: 8,
      limits: { requestsPerMinute: null, tokensPerMinute: null, inFlight: null },
      bytesPerToken: 3.5,
      strength: 10,
      fallbacks: { context_window: [], content_refused: [], unavailable: [], default: [] },
      isActive: true,
      inactiveBecause: null,
    });
    expect(models.get("large")).toMatchObject({ providerModel: "large", timeoutMs: 300_000, concurrency: 2 });
  });

  test("gives the sections that are left out their defaults", () => {
    const catalogue = load(YAML);
    expect(catalogue.defaults).toEqual({ deadlineMs: 86_400_000, maxOutputTokens: 1_024 });
    expect(catalogue.attempts).toEqual({ max: 6, maxUnknown: 2 });
    expect(catalogue.retention).toEqual({ contentDays: 30 });
    expect(catalogue.tags).toEqual([]);
    expect(catalogue.classifier).toEqual({
      mode: "local",
      llm: null,
      holdoutPpm: 0,
      expectedOutputTokens: { SIMPLE: 1, CALCULATION: 2, COMPLEX: 3 },
    });
  });

  test("asks a model for its judgement as it is told, and by the gate only in mode hybrid unless it is told", () => {
    const withMode = (mode: string, llm = "{ model: small }") =>
      load(YAML.replace("classifier:\n", `classifier:\n  mode: ${mode}\n  llm: ${llm}\n`)).classifier.llm;
    expect(withMode("local")).toBeNull();
    expect(withMode("llm")).toEqual({
      modelId: "small",
      timeoutMs: 5_000,
      belowConfidencePpm: 600_000,
      maxOutputTokens: 64,
      maxPromptBytes: 4_096,
      isGated: false,
      qualityValueUsd: "0",
      hasSchema: true,
      isReasoning: false,
    });
    expect(withMode("hybrid")).toMatchObject({ isGated: true });
    const told = '{ model: small, break_even: true, quality_value_usd: "0.01", below_confidence: 0.725 }';
    expect(withMode("llm", told)).toMatchObject({
      isGated: true,
      qualityValueUsd: "0.01",
      belowConfidencePpm: 725_000,
    });
  });

  test("keeps the share of the holdout as a whole number of millionths", () => {
    const ppmOf = (percent: string) =>
      load(YAML.replace("classifier:\n", `classifier:\n  holdout_percent: ${percent}\n`)).classifier
        .holdoutPpm;
    expect(load(YAML).classifier.holdoutPpm).toBe(0);
    expect(["2", "0.29", "33.3333", "0.0001"].map(ppmOf)).toEqual([20_000, 2_900, 333_333, 1]);
  });

  test("takes a model for one that reasons by its provider's name for it, unless it is told", () => {
    const asking = (name: string, more = "") =>
      load(
        YAML.replace("provider_model: llama3.2", `provider_model: ${name}`).replace(
          "classifier:\n",
          `classifier:\n  mode: llm\n  llm: { model: small${more} }\n`,
        ),
      ).classifier.llm?.isReasoning;
    expect(asking("llama3.2")).toBe(false);
    expect(asking("llama3.2", ", reasoning: true")).toBe(true);
    expect(asking("azure-gpt-5")).toBe(true);
    expect(asking("azure-gpt-5", ", reasoning: false")).toBe(false);
  });

  test("limits an account and a model apart, and only in what it names", () => {
    const text = YAML.replace(
      "kind: openai\n",
      "kind: openai\n    limits: { requests_per_minute: 60 }\n",
    ).replace("strength: 10", "strength: 10\n    limits: { tokens_per_minute: 9000, in_flight: 4 }");
    const { providers, models } = load(text);
    const none = { requestsPerMinute: null, tokensPerMinute: null, inFlight: null };
    expect(providers.get("local")?.limits).toEqual({ ...none, requestsPerMinute: 60 });
    expect(providers.get("openai")?.limits).toEqual(none);
    expect(models.get("small")?.limits).toEqual({ ...none, tokensPerMinute: 9_000, inFlight: 4 });
  });

  test("takes the default list of fallbacks for each reason that has none of its own", () => {
    const fallbacks = "fallbacks: { context_window: [], default: [large] }";
    const { models } = load(YAML.replace("strength: 10", `strength: 10\n    ${fallbacks}`));
    expect(models.get("small")?.fallbacks).toEqual({
      context_window: [],
      content_refused: ["large"],
      unavailable: ["large"],
      default: ["large"],
    });
  });

  test("keeps routes in their order, inactive models included", () => {
    expect(load(YAML).routes).toEqual({
      SIMPLE: ["small", "large"],
      CALCULATION: ["large", "small"],
      COMPLEX: ["large"],
    });
  });
});

describe("a provider is active", () => {
  const activeWith = (environment: Environment) =>
    [...load(YAML, environment).providers.values()].filter(({ isActive }) => isActive).map(({ id }) => id);

  test.each<[string, Environment, string[]]>([
    ["when it names no variable", {}, ["local"]],
    ["when its key is set", { OPENAI_API_KEY: "k" }, ["local", "openai"]],
    ["when its key is in a file", { OPENAI_API_KEY_FILE: "/run/secrets/k" }, ["local", "openai"]],
    ["when its address is set", { SIMULATOR_URL: "http://127.0.0.1:9" }, ["local", "sim"]],
    ["when its region is set", { BEDROCK_REGION: "eu-west-1" }, ["local", "bedrock"]],
  ])("%s", (_, environment, ids) => expect(activeWith(environment)).toEqual(ids));

  test.each<[string, Environment]>([
    ["by a variable that is set to nothing", { OPENAI_API_KEY: " ", SIMULATOR_URL: "", BEDROCK_REGION: "" }],
    [
      "by AWS keys, which local set-ups hold for the table",
      { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" },
    ],
    ["by an AWS region or profile alone", { AWS_REGION: "us-east-1", AWS_PROFILE: "p" }],
  ])("but not %s", (_, environment) => expect(activeWith(environment)).toEqual(["local"]));

  test.each<[string, string[], string[]]>([
    ["where it is listed, without its variables", ["openai", "bedrock", "sim"], ["openai", "sim", "bedrock"]],
    ["never where it is not listed, even if it names no variable", ["openai"], ["openai"]],
  ])("by a list: %s", (_, activeProviders, ids) => {
    const given = { text: YAML, file: "switchyard.yaml", priceIds: PRICES, activeProviders };
    const { providers } = loadCatalogue({ ...given, environment: {} });
    expect([...providers.values()].filter(({ isActive }) => isActive).map(({ id }) => id)).toEqual(ids);
  });

  test("by a list, and says what is missing to call it or that it is not listed", () => {
    const given = { text: YAML, file: "switchyard.yaml", priceIds: PRICES, activeProviders: ["openai"] };
    const { providers, models } = loadCatalogue({ ...given, environment: { BEDROCK_REGION: "eu-west-1" } });
    expect(providers.get("openai")).toMatchObject({ isActive: true, missingVariables: ["OPENAI_API_KEY"] });
    expect(providers.get("bedrock")).toMatchObject({ isActive: false, missingVariables: [] });
    expect(models.get("small")?.inactiveBecause).toBe("local not in ACTIVE_PROVIDERS");
  });

  test("otherwise it and its models say which variable is missing", () => {
    const { providers, models } = load(YAML);
    expect(providers.get("openai")?.inactiveBecause).toBe("OPENAI_API_KEY not set");
    expect(models.get("large")).toMatchObject({ isActive: false, inactiveBecause: "OPENAI_API_KEY not set" });
    const both = YAML.replace("base_path: /v1", "base_path: /v1\n    api_key_env: SIM_KEY");
    expect(load(both).providers.get("sim")?.inactiveBecause).toBe("SIMULATOR_URL and SIM_KEY not set");
  });

  test("at its address, with the path joined and no slash at the end", () => {
    const { providers } = load(YAML, { SIMULATOR_URL: "http://127.0.0.1:9/", BEDROCK_REGION: "eu-west-1" });
    expect(providers.get("local")?.baseUrl).toBe("http://127.0.0.1:11434/v1");
    expect(providers.get("sim")?.baseUrl).toBe("http://127.0.0.1:9/v1");
    expect(providers.get("openai")?.baseUrl).toBeNull();
    expect(providers.get("bedrock")).toMatchObject({ baseUrl: null, region: "eu-west-1" });
  });
});
