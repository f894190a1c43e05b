import { describe, expect, test } from "vitest";
import { EXAMPLE_PRICE_IDS as PRICES, EXAMPLE_YAML as YAML } from "./__fixtures__/example-catalogue.ts";
import { catalogueWarnings } from "./catalogue-warnings.ts";
import { loadCatalogue } from "./load-catalogue.ts";
import type { Environment } from "./resolve-provider.ts";

function load(text: string, environment: Environment, priceIds: ReadonlySet<string>) {
  return loadCatalogue({ text, file: "switchyard.yaml", priceIds, environment });
}

describe("catalogueWarnings", () => {
  const warningsOf = (environment: Environment, priceIds: ReadonlySet<string> = PRICES) =>
    catalogueWarnings(load(YAML, environment, priceIds)).map(({ code, message }) => `${code} ${message}`);

  test("has nothing to say when every class has an active, priced model", () => {
    expect(warningsOf({ OPENAI_API_KEY: "k" })).toEqual([]);
  });

  test("names every model without a price, which never takes a job", () => {
    const warnings = warningsOf({ OPENAI_API_KEY: "k" }, new Set(["openai/large"]));
    expect(warnings).toEqual([
      'price_unknown model small: no price "local/small" in the price book, so it takes no jobs; add the price',
    ]);
  });

  test("names every class that no active, priced model can take", () => {
    expect(warningsOf({})).toEqual([
      "no_active_model routes.COMPLEX: no listed model is active and priced, so COMPLEX jobs are refused",
    ]);
  });

  test("does not count an active model without a price as one that can take jobs", () => {
    expect(warningsOf({ OPENAI_API_KEY: "k" }, new Set(["local/small"]))[1]).toMatch(
      /^no_active_model routes\.COMPLEX/,
    );
  });

  test("says of a model that cannot be asked for its judgement that the local judge stands in for it", () => {
    const text = YAML.replace("classifier:\n", "classifier:\n  mode: llm\n  llm: { model: large }\n");
    const judges = (environment: Environment, priceIds: ReadonlySet<string> = PRICES) =>
      catalogueWarnings(load(text, environment, priceIds)).flatMap(({ code, message }) =>
        code === "no_judge" ? [message] : [],
      );
    expect(judges({ OPENAI_API_KEY: "k" })).toEqual([]);
    expect(judges({})[0]).toMatch(/^classifier\.llm: large is not asked, so every job is judged locally: /);
    expect(judges({ OPENAI_API_KEY: "k" }, new Set(["local/small"]))[0]).toMatch(/it has no price$/);
  });

  test("says of a model that reasons and may answer with little that it may never come to its answer", () => {
    const warned = (llm: string) => {
      const text = YAML.replace(
        "classifier:\n",
        `classifier:\n  mode: llm\n  llm: { model: large, ${llm} }\n`,
      );
      return catalogueWarnings(load(text, { OPENAI_API_KEY: "k" }, PRICES)).map(({ code }) => code);
    };
    expect(warned("reasoning: true")).toEqual(["judge_is_cut"]);
    expect(warned("reasoning: true, max_output_tokens: 1000")).toEqual([]);
    expect(warned("reasoning: false")).toEqual([]);
  });

  test("says it once when nothing can take any job", () => {
    expect(warningsOf({}, new Set()).filter((line) => line.startsWith("no_active_model"))).toHaveLength(1);
  });
});
