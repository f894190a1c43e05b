import { describe, expect, test } from "vitest";
import { SwitchyardError } from "../errors/index.ts";
import { EXAMPLE_PRICE_IDS as PRICES, EXAMPLE_YAML as YAML } from "./__fixtures__/example-catalogue.ts";
import { loadCatalogue } from "./load-catalogue.ts";
import type { Environment } from "./resolve-provider.ts";

function load(text: string, environment: Environment, activeProviders: string[]) {
  return loadCatalogue({ text, file: "switchyard.yaml", priceIds: PRICES, environment, activeProviders });
}

function problemsOf(text: string, environment: Environment = {}, activeProviders: string[] = []): string[] {
  try {
    load(text, environment, activeProviders);
  } catch (error) {
    if (!(error instanceof SwitchyardError)) throw error;
    expect(error.code).toBe("CONFIG_INVALID");
    const lines = error.problems.map(({ path, detail }) => `${path}: ${detail}`);
    expect(lines.join("\n")).toBe(error.message);
    return lines;
  }
  return [];
}

describe("problems", () => {
  test("a misspelt model is reported with line, column and the nearest name", () => {
    expect(problemsOf(YAML.replace("[small, large]", "[smal, large]"))).toEqual([
      'switchyard.yaml:34:12 routes.SIMPLE[0]: unknown model "smal" (did you mean small?)',
    ]);
  });

  test("shape, names, repeated keys and environment are all reported together, in the order of the file", () => {
    const text = YAML.replace("provider: local", "provider: locl")
      .replace("strength: 10", "strenght: 10")
      .replace("max_output_tokens: 4096", "max_output_tokens: many")
      .replace("COMPLEX: [large]", "COMPLEX: [lrage]\n  COMPLEX: [lagre]")
      .replace("base_path: /v1", "base_path: v1")
      .replace("version: 1", "version: 2");
    expect(problemsOf(text, { BEDROCK_REGION: "eu-west-1" })).toEqual([
      "switchyard.yaml:1:10 version: must be 1",
      "switchyard.yaml:12:16 providers.sim.base_path: must start with a slash and not end with one",
      "switchyard.yaml:17:3 models.small.strength: is missing",
      'switchyard.yaml:18:15 models.small.provider: unknown provider "locl" (did you mean local?)',
      'switchyard.yaml:23:5 models.small.strenght: unknown setting "strenght" (did you mean strength?)',
      "switchyard.yaml:29:24 models.large.max_output_tokens: must be a number",
      'switchyard.yaml:36:13 routes.COMPLEX[0]: unknown model "lagre" (did you mean large?)',
      "switchyard.yaml:37:3 routes.COMPLEX: is given twice",
    ]);
  });

  test("a model declared twice is refused, though YAML would take the last", () => {
    expect(problemsOf(YAML.replace("  large:\n", "  small:\n"))[0]).toBe(
      "switchyard.yaml:25:3 models.small: is given twice",
    );
  });

  test.each([
    ["Small", "capital letters"],
    ["a_b", "an underscore"],
    ["a:b", "a colon"],
    [`${"x".repeat(64)}`, "64 characters"],
    ["-x", "a hyphen first"],
  ])("a model id such as %s is refused for %s", (id) => {
    expect(problemsOf(YAML.replace("  small:\n", `  ${JSON.stringify(id)}:\n`)).join()).toContain(
      "the id must be 1 to 63 of a-z, 0-9, dot and hyphen",
    );
  });

  test("an id that looks like a number stays the text that was written, and needs quotes as a value", () => {
    const text = YAML.replace("  small:\n", "  4.10:\n")
      .replaceAll("small,", '"4.10",')
      .replace(", small]", ", 4.10]");
    expect(problemsOf(text)).toEqual([
      "switchyard.yaml:35:24 routes.CALCULATION[1]: must be a text; put it in quotes",
    ]);
  });

  test.each([
    ["kind: bedrock", "kind: bedrok", "14:11 providers.bedrock.kind: must be one of openai, bedrock"],
    ["    region_env: BEDROCK_REGION\n", "", "13:3 providers.bedrock: give either region or region_env"],
    [
      "    api_key_env: OPENAI_API_KEY\n",
      "",
      "6:3 providers.openai: give base_url, base_url_env or api_key_env",
    ],
    [
      "max_output_tokens: 1024",
      "max_output_tokens: 9000",
      "22:24 models.small.max_output_tokens: must not be more",
    ],
    ["[large, small]", "[large, large]", '35:24 routes.CALCULATION[1]: "large" is listed twice'],
    ["COMPLEX: [large]", "COMPLEX: []", "36:12 routes.COMPLEX: must name at least one model"],
    ["  COMPLEX: [large]\n", "", "33:1 routes.COMPLEX: is missing"],
    [
      "http://127.0.0.1:11434/v1/",
      "ftp://host",
      "5:15 providers.local.base_url: must be an http or https URL",
    ],
    ["http://127.0.0.1:11434/v1/", "//host", "5:15 providers.local.base_url: must be an http or https URL"],
    [
      "http://127.0.0.1:11434/v1/",
      "http://a:b@host",
      "5:15 providers.local.base_url: must not hold credentials",
    ],
    [
      "    base_url_env",
      "    base_url: http://h\n    base_url_env",
      "9:3 providers.sim: give either base_url or",
    ],
    ["    kind: bedrock", "    kind: openai", 'providers.bedrock.region_env: unknown setting "region_env"'],
    ["timeout_ms: 300000", "timeout_ms: 900000", "30:17 models.large.timeout_ms: must be at most 600000"],
    ["concurrency: 2", "concurrency: 2.5", "31:18 models.large.concurrency: must be a whole number"],
    ["concurrency: 2", "concurrency: .inf", "31:18 models.large.concurrency: "],
    ["concurrency: 2", "limits: { in_flight: 0 }", "31:26 models.large.limits.in_flight: must be at least 1"],
    [
      "concurrency: 2",
      "limits: { requests_per_minit: 5 }",
      '31:15 models.large.limits.requests_per_minit: unknown setting "requests_per_minit" (did you mean requests_per_minute?)',
    ],
    [
      "concurrency: 2",
      "fallbacks: { default: [smal] }",
      '31:28 models.large.fallbacks.default[0]: unknown model "smal" (did you mean small?)',
    ],
    [
      "concurrency: 2",
      "fallbacks: { unavailable: [small, large] }",
      "31:39 models.large.fallbacks.unavailable[1]: a model is no fallback of its own",
    ],
    [
      "concurrency: 2",
      "fallbacks: { context_windw: [small] }",
      'models.large.fallbacks.context_windw: unknown setting "context_windw" (did you mean context_window?)',
    ],
    ["concurrency: 2", "fallbacks: [small]", "31:16 models.large.fallbacks: must be settings by name"],
    [
      "concurrency: 2",
      "fallbacks: { default: small }",
      "31:27 models.large.fallbacks.default: must be a list, such as [a, b]",
    ],
    ["concurrency: 2", "limits:", "31:12 models.large.limits: must be settings by name, and is empty"],
    [
      "concurrency: 2",
      "limits: { rpm: 5 }",
      'unknown setting "rpm" (known are requests_per_minute, tokens_per_minute, in_flight)',
    ],
    [
      "concurrency: 2",
      "limits: { tokens_per_minute: 1.5 }",
      "models.large.limits.tokens_per_minute: must be a whole number",
    ],
    [
      "api_key_env: OPENAI_API_KEY",
      "api_key_env: OPENAI_API_KEY\n    limits: { in_flight: none }",
      "9:26 providers.openai.limits.in_flight: must be a number",
    ],
    [
      "bytes_per_token: 3.5",
      "bytes_per_token: 0",
      "24:22 models.small.bytes_per_token: must be at least 0.5",
    ],
    [
      "classifier:\n",
      "classifier:\n  mode: rules\n",
      "38:9 classifier.mode: must be one of local, llm, hybrid",
    ],
    [
      "classifier:\n",
      "classifier:\n  mode: hybrid\n",
      "38:9 classifier.mode: mode hybrid needs llm, which names the model to ask",
    ],
    [
      "classifier:\n",
      "classifier:\n  llm: { model: smal }\n",
      '38:17 classifier.llm.model: unknown model "smal" (did you mean small?)',
    ],
    [
      "classifier:\n",
      "classifier:\n  llm: { model: small, below_confidense: 1 }\n",
      'classifier.llm.below_confidense: unknown setting "below_confidense" (did you mean below_confidence?)',
    ],
    [
      "classifier:\n",
      "classifier:\n  llm: { model: small, below_confidence: 60 }\n",
      "classifier.llm.below_confidence: must be at most 1",
    ],
    ["classifier:\n", "classifier:\n  holdout_percent: 51\n", "holdout_percent: must be at most 50"],
    ["classifier:\n", "classifier:\n  holdout_percent: 0.00001\n", "must have at most 4 decimals"],
    [
      "classifier:\n",
      "classifier:\n  llm: { model: small, quality_value_usd: 0.1 }\n",
      "classifier.llm.quality_value_usd: must be a text; put it in quotes",
    ],
    [
      "{ SIMPLE: 1, CALCULATION: 2, COMPLEX: 3 }",
      "{ SIMPLE: 1, CALCULATION: 2, COMPLEX: 3, COMPLEXX: 4 }",
      'expected_output_tokens.COMPLEXX: unknown setting "COMPLEXX" (did you mean COMPLEX?)',
    ],
    ["version: 1", "version: 1\ntags: team", "2:7 tags: must be a list, such as [a, b]"],
    ["version: 1", "version: 1\ntags: [a, b, c, d]", "2:7 tags: must name at most 3 keys of metadata"],
    ["version: 1", "version: 1\ntags: [a, b, a]", '2:14 tags[2]: "a" is listed twice'],
    ["version: 1", 'version: 1\ntags: ["a,b"]', "2:8 tags[0]: must be 1 to 64 letters, digits"],
    ["version: 1", "version: 1\ntags: [__proto__]", "2:8 tags[0]: must be 1 to 64 letters, digits"],
  ])("%j in place of %j is refused", (right, wrong, problem) => {
    const lines = problemsOf(YAML.replace(right, wrong));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(problem);
  });

  test("text that is no YAML is refused at the place where it breaks off", () => {
    expect(problemsOf("version: 1\nproviders: [")[0]).toMatch(/^switchyard\.yaml:2:\d+: /);
    expect(problemsOf("a: *nowhere")[0]).toContain("Unresolved alias");
    expect(problemsOf("a: !!js/function x")[0]).toContain("Unresolved tag");
    expect(problemsOf("a: 1\n---\nb: 2")[0]).toMatch(/^switchyard\.yaml:2:1: /);
  });

  test.each(["", "# nothing\n", "[]", "text", "null"])("a file that holds %j is refused", (text) => {
    expect(problemsOf(text)).toHaveLength(1);
  });

  test("aliases that expand without end are refused quickly", () => {
    const lists = Array.from({ length: 12 }, (_, level) => {
      const item = level === 0 ? "x" : `*l${level - 1}`;
      return `l${level}: &l${level} [${Array(10).fill(item).join(", ")}]`;
    });
    expect(problemsOf(lists.join("\n"))[0]).toContain("Excessive alias count");
  });
});

describe("active providers", () => {
  test("a name that is no provider's is refused with the nearest one that is, beside what is wrong in the file", () => {
    const text = YAML.replace("[small, large]", "[smal, large]");
    expect(problemsOf(text, {}, ["opnai", "azure"])).toEqual([
      'ACTIVE_PROVIDERS: unknown provider "opnai" (did you mean openai?)',
      'ACTIVE_PROVIDERS: unknown provider "azure" (there are local, openai, sim, bedrock)',
      'switchyard.yaml:34:12 routes.SIMPLE[0]: unknown model "smal" (did you mean small?)',
    ]);
  });
});

describe("secrets", () => {
  test("a key written into the file is refused without being repeated", () => {
    const text = YAML.replace("api_key_env: OPENAI_API_KEY", "api_key: sk-very-secret");
    const lines = problemsOf(text).join("\n");
    expect(lines).toContain("8:5 providers.openai.api_key: secrets are not read from this file");
    expect(lines).not.toContain("sk-very-secret");
  });

  test("a key where the name of a variable belongs is refused without being repeated", () => {
    const lines = problemsOf(YAML.replace("api_key_env: OPENAI_API_KEY", "api_key_env: sk-very-secret"));
    expect(lines).toEqual([
      "switchyard.yaml:8:18 providers.openai.api_key_env: must be the NAME of an environment variable",
    ]);
  });

  test.each([
    "127.0.0.1:9",
    "ftp://host/",
    "http://me:hunter2@host/",
    "http://host/?key=hunter2",
    "http:// host",
  ])("an address such as %s is refused without being repeated", (address) => {
    const lines = problemsOf(YAML, { SIMULATOR_URL: address });
    expect(lines).toEqual([
      "switchyard.yaml:11:19 providers.sim.base_url_env: SIMULATOR_URL must hold an http or https URL without credentials or query",
    ]);
  });

  test("the catalogue never holds the value of a key", () => {
    const { providers, models } = load(YAML, { OPENAI_API_KEY: "sk-very-secret" }, ["openai"]);
    expect(JSON.stringify([[...providers], [...models]])).not.toContain("sk-very-secret");
  });
});
