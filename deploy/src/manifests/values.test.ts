import { readdirSync } from "node:fs";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { over, overShipped, renderValues, SHIPPED_VALUES, type Values } from "./chart-values.ts";
import { isInstalled, VALUE_FILES } from "./render.ts";
import { ROOT, readText } from "./repository.ts";

const validate = new Ajv({ strict: false, allErrors: true }).compile(
  JSON.parse(readText("helm/switchyard/values.schema.json")) as object,
);
const EXAMPLES = Object.values(VALUE_FILES).filter((file) => file !== null);

function complaints(top: Values): string[] {
  validate(overShipped(top));
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
  ["a registry that is the address of a page", { image: { registry: "https://images.example.org" } }],
  ["a registry with its slash", { image: { registry: "images.example.org/switchyard/" } }],
  ["a tag with an image before it", { image: { tag: "ingest:0.1.0" } }],
  ["a host with its scheme", { ingest: { ingress: { hosts: ["https://api.example.org"] } } }],
  ["an unknown pull policy", { image: { pullPolicy: "Sometimes" } }],
  ["a secret without a name", { redis: { existingSecret: 7 } }],
  ["a provider with its key in the values", { providers: { openai: { apiKey: "sk-…" } } }],
  ["a size in the units of a disk", { redis: { trial: { storage: "1GB" } } }],
])("the schema refuses %s", (_, values) => {
  expect(complaints(values)).not.toEqual([]);
});

const cidrs = (...of: string[]): Values => ({ networkPolicy: { redis: { cidrs: of } } });
const memory = (of: unknown): Values => ({ cost: { resources: { limits: { memory: of } } } });

test.each([
  ...["10.0.0/8", "10.0.0.256/32", "10.0.0.0/33", "010.0.0.0/8", "10.0.0.1", "10.0.0.0/08", "10.0.0.0/"],
  ...["2001:db8/32", "::1/129", "1::2::3/64", ":::/0", "1:2:3:4:5:6:7:8:9/128", "fg00::/8"],
])("the schema refuses %s for a range of addresses", (range) => {
  expect(complaints(cidrs(range))).not.toEqual([]);
});

test("the schema accepts ranges of both kinds of addresses", () => {
  const ranges = ["0.0.0.0/0", "255.249.199.99/32", "10.0.0.0/8", "::/0", "::1/128", "fc00::/7"];
  expect(complaints(cidrs(...ranges, "2001:DB8:1::/48", "1:2:3:4:5:6:7:8/119"))).toEqual([]);
});

test.each(["0.0.0.0/0", "fc00::/7"])("the schema refuses %s as a part of 0.0.0.0/0", (range) => {
  expect(complaints({ networkPolicy: { https: { except: [range] } } })).not.toEqual([]);
});

test.each(["512MB", "512mb", "1 Gi", "-1Gi", "1.5.0", "Gi", "", "1e", -1])(
  "the schema refuses %j for a quantity",
  (quantity) => expect(complaints(memory(quantity))).not.toEqual([]),
);

test.each(["512Mi", "1.5Gi", ".5", "100m", "1G", "128974848", "129e6", "1E3", "2k", 536870912, 0.5])(
  "the schema accepts %j for a quantity",
  (quantity) => expect(complaints(memory(quantity))).toEqual([]),
);

/** What an operator may leave empty: it is empty by default, or a map or list of which any part may go. */
const MAY_BE_EMPTY = [
  ...["nameOverride", "fullnameOverride", "catalogue", "prices", "image.tag", "image.pullSecrets"],
  ...["redis.trial.storageClassName", "invoker.pools", "networkPolicy.extraEgress", "ingest.service"],
  ...[
    "invoker.drainSeconds",
    "classifier.replicas",
    "cost.replicas",
    "ingest.ingress.className",
    "ingest.ingress.annotations",
    "ingest.ingress.tls",
  ],
  ...["ingest", "classifier", "invoker", "cost"].flatMap((service) =>
    ["affinity", "nodeSelector", "podAnnotations", "podLabels", "priorityClassName", "tolerations"]
      .concat("terminationGracePeriodSeconds", "serviceAccount.name", "serviceAccount.annotations")
      .map((key) => `${service}.${key}`),
  ),
  ...["podMonitor", "serviceMonitor", "rules", "dashboards"].map((of) => `monitoring.${of}.labels`),
  "monitoring.dashboards.annotations",
];

/** Every key that has a default, as a path. */
function pathsOf(values: Values, at = ""): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const path = at + key;
    const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
    const isFree = key === "resources" || MAY_BE_EMPTY.includes(path);
    return isMap && !isFree ? [path, ...pathsOf(value as Values, `${path}.`)] : [path];
  });
}

/** Values of nothing but this, deep in them. */
const only = (path: string, value: unknown): Values =>
  path.split(".").reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Values;

test("a default that is taken away by null is refused, but where nothing is a choice", () => {
  const accepted = pathsOf(SHIPPED_VALUES).filter((path) => complaints(only(path, null)).length === 0);
  expect(accepted.filter((path) => !MAY_BE_EMPTY.includes(path))).toEqual([]);
  expect(pathsOf(SHIPPED_VALUES).length).toBeGreaterThan(150);
});

test.skipIf(!isInstalled("helm"))("SKIP without helm: what may be empty renders the same if it is", () => {
  const without = MAY_BE_EMPTY.filter((path) => !path.startsWith("monitoring.")).map((path) =>
    only(path, null),
  );
  expect(renderValues(without.reduce(over, {}))).toEqual(renderValues({}));
});
