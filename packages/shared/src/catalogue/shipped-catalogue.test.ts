import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { JOB_CLASSES } from "../contracts/index.ts";
import { SETTING_NAMES } from "./catalogue-file.ts";
import { catalogueWarnings } from "./catalogue-warnings.ts";
import { loadCatalogue } from "./load-catalogue.ts";
import type { Environment } from "./resolve-provider.ts";

const read = (name: string) => readFileSync(new URL(`../../../../${name}`, import.meta.url), "utf8");
const TEXT = read("switchyard.yaml");
const PRICED = JSON.parse(read("prices.json")).prices as { id: string }[];

function shipped(environment: Environment) {
  const priceIds = new Set(PRICED.map(({ id }) => id));
  return loadCatalogue({ text: TEXT, file: "switchyard.yaml", priceIds, environment });
}

describe("the shipped switchyard.yaml", () => {
  test("has a price for every model", () => {
    const { models } = shipped({});
    expect([...models.values()].filter(({ isPriced }) => !isPriced)).toEqual([]);
  });

  test.each<[string, Environment]>([
    ["the simulated provider", { SIMULATOR_URL: "http://127.0.0.1:4010" }],
    ["OpenAI", { OPENAI_API_KEY: "k" }],
    ["DeepSeek", { DEEPSEEK_API_KEY: "k" }],
    ["Bedrock", { BEDROCK_REGION: "us-east-1" }],
  ])("covers every class with %s alone", (_, environment) => {
    expect(catalogueWarnings(shipped(environment))).toEqual([]);
  });

  test("lists a simulated model of its own first for each class", () => {
    const { routes, models } = shipped({ SIMULATOR_URL: "http://127.0.0.1:4010" });
    const first = JOB_CLASSES.map((jobClass) => routes[jobClass].find((id) => models.get(id)?.isActive));
    expect(first).toEqual(["sim-small", "sim-math", "sim-large"]);
  });

  test("is active in nothing when the environment names nothing", () => {
    const { providers } = shipped({ AWS_ACCESS_KEY_ID: "local", AWS_SECRET_ACCESS_KEY: "local" });
    expect([...providers.values()].filter(({ isActive }) => isActive)).toEqual([]);
  });

  test("uses every model in some route", () => {
    const { routes, models } = shipped({});
    const routed = new Set(JOB_CLASSES.flatMap((jobClass) => routes[jobClass]));
    expect([...models.keys()].filter((id) => !routed.has(id))).toEqual([]);
  });
});

describe("docs/configuration.md", () => {
  const DOCUMENT = read("docs/configuration.md");
  const namesUnder = (heading: string) => {
    const section = DOCUMENT.split(/^### /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
    return [...section.matchAll(/^\| `([a-z_.]+)` \|/gm)].map((match) => match[1]);
  };

  test("lists every setting of a provider, a model, limits and the classifier, and no other", () => {
    const isSetting = (name: string) => !(JOB_CLASSES as readonly string[]).includes(name);
    expect(namesUnder("providers.<id>").sort()).toEqual([...(SETTING_NAMES.providers ?? [])].sort());
    expect(namesUnder("models.<id>").sort()).toEqual([...(SETTING_NAMES.models ?? [])].sort());
    expect(namesUnder("limits").sort()).toEqual([...(SETTING_NAMES.limits ?? [])].sort());
    expect(namesUnder("classifier").sort()).toEqual(
      (SETTING_NAMES.classifier ?? []).filter(isSetting).sort(),
    );
  });

  test("lists every setting of the model that judges, and no other", () => {
    expect(namesUnder("llm").sort()).toEqual([...(SETTING_NAMES.llm ?? [])].sort());
  });

  test("lists every default, attempt limit and retention, and no other", () => {
    const sections = ["defaults", "attempts", "retention"];
    const names = sections.flatMap((section) =>
      (SETTING_NAMES[section] ?? []).map((name) => `${section}.${name}`),
    );
    expect(namesUnder("defaults, attempts, retention").sort()).toEqual(names.sort());
  });

  test("names every variable that the shipped file names", () => {
    const named = [...TEXT.matchAll(/^\s+\w+_env: (\w+)$/gm)].map((match) => match[1] ?? "");
    expect(named.length).toBeGreaterThan(3);
    for (const name of named) expect(DOCUMENT).toContain(`| \`${name}\``);
  });
});
