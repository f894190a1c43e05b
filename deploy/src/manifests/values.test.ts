import { readdirSync } from "node:fs";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { VALUE_FILES } from "./render.ts";
import { ROOT, readText } from "./repository.ts";

const validate = new Ajv({ strict: false, allErrors: true }).compile(
  JSON.parse(readText("helm/switchyard/values.schema.json")) as object,
);
const shipped = parse(readText("helm/switchyard/values.yaml")) as Record<string, unknown>;
const EXAMPLES = Object.values(VALUE_FILES).filter((file) => file !== null);

type Values = Record<string, unknown>;

/** As Helm lays one file over another. */
function over(base: Values, top: Values): Values {
  const merged = Object.entries(top).map(([key, value]) => {
    const isMap = (of: unknown): of is Values => typeof of === "object" && of !== null && !Array.isArray(of);
    return [key, isMap(value) && isMap(base[key]) ? over(base[key], value) : value];
  });
  return { ...base, ...Object.fromEntries(merged) };
}

function complaints(top: Values): string[] {
  validate(over(shipped, top));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

test("the schema accepts the shipped values", () => {
  expect(complaints({})).toEqual([]);
});

test.each(EXAMPLES)("the schema accepts %s", (file) => {
  expect(complaints(parse(readText(file)) as Values)).toEqual([]);
});

test("every example is rendered and checked", () => {
  const found = readdirSync(`${ROOT}helm/examples`).map((file) => `helm/examples/${file}`);
  expect(found.sort()).toEqual([...EXAMPLES].sort());
});

test.each<[string, Values]>([
  ["a setting that is not known", { replicas: 3 }],
  ["a misspelt setting of a service", { ingest: { replica: 3 } }],
  ["a misspelt setting of a pool", { invoker: { pools: { all: { model: [] } } } }],
  ["the name of a stage for that of a service", { settle: { replicas: 2 } }],
  ["a number that is a text", { cost: { replicas: "2" } }],
  ["fewer than no replicas", { classifier: { replicas: -1 } }],
  ["a concurrency of none", { invoker: { pools: { all: { concurrency: 0 } } } }],
  ["an unknown way to scale", { scaling: { mode: "vpa" } }],
  ["an unknown pull policy", { image: { pullPolicy: "Sometimes" } }],
  ["a secret without a name", { redis: { existingSecret: 7 } }],
  ["a provider with its key in the values", { providers: { openai: { apiKey: "sk-…" } } }],
])("the schema refuses %s", (_, values) => {
  expect(complaints(values)).not.toEqual([]);
});
